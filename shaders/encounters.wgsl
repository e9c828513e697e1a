// Encounter detection: every pair of one match within a radius. The GPU twin of src/encounter/cpu.rs.
//
// All arithmetic is on integers, because WGSL lets a driver reassociate and fuse floats: differences are taken as
// unsigned and clamped to radius + 1 before squaring, which is exact where it matters and never overflows.
//
// Small matches compare all pairs. Large ones are sorted into cells of at least one radius: `fill_cells` threads every
// player onto the list of its cell, `find_pairs` walks the lists of the nine cells around each player. Lists come out
// in any order; the host sorts the pairs, so the answer does not depend on it.

struct Params {
    players: u32,
    radius: u32,
    // Pairs that fit the buffer; finding more only counts them, and the host tries again with room for all.
    capacity: u32,
    frame: u32,
    groups_x: u32,
}

struct Match {
    first: u32,
    end: u32,
    // 0 columns: all pairs.
    columns: u32,
    rows: u32,
    first_cell: u32,
    cell_size: u32,
    west: i32,
    south: i32,
}

struct Outcome {
    pairs: atomic<u32>,
    // Proof of execution: how many players were looked at, in which frame.
    players: atomic<u32>,
    frame: u32,
    unused: u32,
}

const GROUP: u32 = 64u;
const NOBODY: u32 = 0xffffffffu;

@group(0) @binding(0) var<uniform> params: Params;
// x, y, z and the index of the match.
@group(0) @binding(1) var<storage, read> players: array<vec4<i32>>;
@group(0) @binding(2) var<storage, read> matches: array<Match>;
// Last player threaded onto each cell.
@group(0) @binding(3) var<storage, read_write> heads: array<atomic<u32>>;
// The player threaded before each player, or nobody.
@group(0) @binding(4) var<storage, read_write> earlier: array<u32>;
@group(0) @binding(5) var<storage, read_write> outcome: Outcome;
// First player, second player, squared distance.
@group(0) @binding(6) var<storage, read_write> pairs: array<u32>;

var<workgroup> seen: atomic<u32>;

fn player_index(group: vec3<u32>, lane: u32) -> u32 {
    return (group.y * params.groups_x + group.x) * GROUP + lane;
}

fn apart(a: i32, b: i32) -> u32 {
    // max - min of two's complement numbers, read as unsigned, is their distance even where it exceeds i32.
    let distance = bitcast<u32>(max(a, b)) - bitcast<u32>(min(a, b));
    return min(distance, params.radius + 1u);
}

fn compare(a: u32, own: vec4<i32>, b: u32) {
    let other = players[b];
    let dx = apart(own.x, other.x);
    let dy = apart(own.y, other.y);
    let dz = apart(own.z, other.z);
    let d2 = dx * dx + dy * dy + dz * dz;
    if d2 <= params.radius * params.radius {
        let slot = atomicAdd(&outcome.pairs, 1u);
        if slot < params.capacity {
            pairs[3u * slot] = a;
            pairs[3u * slot + 1u] = b;
            pairs[3u * slot + 2u] = d2;
        }
    }
}

// Column (or row) of a coordinate; no coordinate lies before the match's origin.
fn cell_along(coordinate: i32, origin: i32, size: u32) -> u32 {
    return (bitcast<u32>(coordinate) - bitcast<u32>(origin)) / size;
}

@compute @workgroup_size(64)
fn fill_cells(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let player = player_index(group, lane);
    if player >= params.players {
        return;
    }
    let own = players[player];
    let game = matches[u32(own.w)];
    if game.columns == 0u {
        return;
    }
    let column = cell_along(own.x, game.west, game.cell_size);
    let row = cell_along(own.y, game.south, game.cell_size);
    // Heads hold index + 1, so that a cleared buffer means empty lists.
    let before = atomicExchange(&heads[game.first_cell + row * game.columns + column], player + 1u);
    earlier[player] = before - 1u;
}

@compute @workgroup_size(64)
fn find_pairs(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let player = player_index(group, lane);
    if player < params.players {
        atomicAdd(&seen, 1u);
        let own = players[player];
        let game = matches[u32(own.w)];
        if game.columns == 0u {
            for (var other = player + 1u; other < game.end; other++) {
                compare(player, own, other);
            }
        } else {
            search_cells(player, own, game);
        }
    }
    workgroupBarrier();
    if lane == 0u {
        atomicAdd(&outcome.players, atomicLoad(&seen));
        if group.x == 0u && group.y == 0u {
            outcome.frame = params.frame;
        }
    }
}

fn search_cells(player: u32, own: vec4<i32>, game: Match) {
    let column = cell_along(own.x, game.west, game.cell_size);
    let row = cell_along(own.y, game.south, game.cell_size);
    let first_row = max(row, 1u) - 1u;
    let last_row = min(row + 1u, game.rows - 1u);
    let first_column = max(column, 1u) - 1u;
    let last_column = min(column + 1u, game.columns - 1u);
    for (var r = first_row; r <= last_row; r++) {
        for (var c = first_column; c <= last_column; c++) {
            var other = atomicLoad(&heads[game.first_cell + r * game.columns + c]) - 1u;
            while other != NOBODY {
                // Each pair is met from both sides; the earlier player reports it.
                if other > player {
                    compare(player, own, other);
                }
                other = earlier[other];
            }
        }
    }
}
