// Encounter detection: every pair of one match within a radius. The GPU twin of src/encounter/cpu.rs.
//
// All arithmetic is on integers, because WGSL lets a driver reassociate and fuse floats: differences are taken as
// unsigned and clamped to radius + 1 before squaring, which is exact where it matters and never overflows.
//
// Small matches compare all pairs. Large ones are sorted into cells of at least one radius: `fill_cells` threads every
// player onto the list of its cell, `find_pairs` walks the lists of the nine cells around each player.
//
// A workgroup counts the pairs of its 64 players, reserves room for all of them at once, and goes through them again
// to write. Its block says where they are, so the host reads blocks in order and has nothing to sort but the few pairs
// of one player that came out of cells.

struct Params {
    players: u32,
    radius: u32,
    // Pairs that fit the buffer; finding more only counts them, and the host tries again with room for all.
    capacity: u32,
    frame: u32,
    groups_x: u32,
    // Where ends of matches, grids and cells start.
    matches_at: u32,
    grids_at: u32,
    cells: u32,
}

// Cells of a large match; positions are relative to its south-western corner.
struct Grid {
    columns: u32,
    rows: u32,
    first_cell: u32,
    cell_size: u32,
}

struct Outcome {
    pairs: atomic<u32>,
    // Proof of execution: how many players were looked at, in which frame.
    players: atomic<u32>,
    frame: u32,
    unused: u32,
}

// Pairs of a workgroup.
struct Block {
    first: u32,
    count: u32,
}

const GROUP: u32 = 64u;
const NOBODY: u32 = 0xffffffffu;
const LOOKED_AT: u32 = 0x80000000u;
const OFFSET_BITS: u32 = 26u;

@group(0) @binding(0) var<uniform> params: Params;
// x in 22 bits, y in 22, z in 20, from the lowest up, relative to the match.
@group(0) @binding(1) var<storage, read> players: array<vec2<u32>>;
// The first match of each workgroup; then for each match one past its last player, and its grid + 1 or 0 for all pairs;
// then the grids.
@group(0) @binding(2) var<storage, read> groups_and_matches: array<u32>;
// The last player threaded onto each cell + 1, then the player threaded before each player + 1.
@group(0) @binding(3) var<storage, read_write> lists: array<atomic<u32>>;
@group(0) @binding(4) var<storage, read_write> outcome: Outcome;
@group(0) @binding(5) var<storage, read_write> blocks: array<Block>;
// Place in the workgroup in the upper 6 bits, distance to the other player's index in the lower 26.
@group(0) @binding(6) var<storage, read_write> pairs: array<u32>;

var<workgroup> counts: array<u32, 64>;
var<workgroup> first_pair: u32;

fn group_index(group: vec3<u32>) -> u32 {
    return group.y * params.groups_x + group.x;
}

fn position(player: u32) -> vec3<u32> {
    let packed = players[player];
    let y = (packed.x >> 22u) | ((packed.y & 0xfffu) << 10u);
    return vec3<u32>(packed.x & 0x3fffffu, y, packed.y >> 12u);
}

// The match of a player, by its number.
fn match_of(player: u32, group: u32) -> u32 {
    var number = groups_and_matches[group];
    while groups_and_matches[params.matches_at + 2u * number] <= player {
        number++;
    }
    return number;
}

fn match_end(number: u32) -> u32 {
    return groups_and_matches[params.matches_at + 2u * number];
}

// The grid of a match + 1, or 0.
fn grid_of(number: u32) -> u32 {
    return groups_and_matches[params.matches_at + 2u * number + 1u];
}

fn grid_at(index: u32) -> Grid {
    let at = params.grids_at + 4u * index;
    return Grid(groups_and_matches[at], groups_and_matches[at + 1u], groups_and_matches[at + 2u], groups_and_matches[at + 3u]);
}

fn is_near(a: vec3<u32>, b: vec3<u32>) -> bool {
    let apart = min(max(a, b) - min(a, b), vec3<u32>(params.radius + 1u));
    let squares = apart * apart;
    return squares.x + squares.y + squares.z <= params.radius * params.radius;
}

@compute @workgroup_size(64)
fn fill_cells(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let player = group_index(group) * GROUP + lane;
    if player >= params.players {
        return;
    }
    let number = match_of(player, group_index(group));
    if grid_of(number) == 0u {
        return;
    }
    let grid = grid_at(grid_of(number) - 1u);
    let own = position(player);
    let cell = grid.first_cell + own.y / grid.cell_size * grid.columns + own.x / grid.cell_size;
    // Cleared buffers are empty lists, so that everything is stored + 1.
    let before = atomicExchange(&lists[cell], player + 1u);
    atomicStore(&lists[params.cells + player], before);
}

// Counts the pairs that a player reports, those with later players of its match, and writes them from `at` on if they
// are to be written. Two rounds over the same candidates in the same order.
fn visit_pairs(player: u32, lane: u32, number: u32, writes: bool, first: u32) -> u32 {
    let own = position(player);
    var count = 0u;
    if grid_of(number) == 0u {
        let end = match_end(number);
        for (var other = player + 1u; other < end; other++) {
            if is_near(own, position(other)) {
                if writes {
                    write_pair(first + count, lane, other - player);
                }
                count++;
            }
        }
        return count;
    }
    let grid = grid_at(grid_of(number) - 1u);
    let column = own.x / grid.cell_size;
    let row = own.y / grid.cell_size;
    for (var r = max(row, 1u) - 1u; r <= min(row + 1u, grid.rows - 1u); r++) {
        for (var c = max(column, 1u) - 1u; c <= min(column + 1u, grid.columns - 1u); c++) {
            var other = atomicLoad(&lists[grid.first_cell + r * grid.columns + c]) - 1u;
            while other != NOBODY {
                // Each pair is met from both sides; the earlier player reports it.
                if other > player && is_near(own, position(other)) {
                    if writes {
                        write_pair(first + count, lane, other - player);
                    }
                    count++;
                }
                other = atomicLoad(&lists[params.cells + other]) - 1u;
            }
        }
    }
    return count;
}

fn write_pair(at: u32, lane: u32, apart: u32) {
    if at < params.capacity {
        pairs[at] = (lane << OFFSET_BITS) | apart;
    }
}

@compute @workgroup_size(64)
fn find_pairs(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let index = group_index(group);
    let player = index * GROUP + lane;
    let is_player = player < params.players;
    var number = 0u;
    var count = 0u;
    if is_player {
        number = match_of(player, index);
        count = visit_pairs(player, lane, number, false, 0u);
    }
    counts[lane] = select(0u, count | LOOKED_AT, is_player);
    workgroupBarrier();
    if lane == 0u {
        var sum = 0u;
        var seen = 0u;
        for (var i = 0u; i < GROUP; i++) {
            seen += counts[i] >> 31u;
            let own = counts[i] & ~LOOKED_AT;
            counts[i] = sum;
            sum += own;
        }
        if seen > 0u {
            first_pair = atomicAdd(&outcome.pairs, sum);
            atomicAdd(&outcome.players, seen);
            blocks[index] = Block(first_pair, sum);
        }
        if index == 0u {
            outcome.frame = params.frame;
        }
    }
    workgroupBarrier();
    if is_player && count > 0u {
        visit_pairs(player, lane, number, true, first_pair + counts[lane]);
    }
}
