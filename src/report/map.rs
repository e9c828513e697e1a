//! Maps: how dense something is on them, the rings of their places and the ways between.

use super::chart::{self, put};
use super::key_figures::area_of_half;
use crate::setting::{Ground, Setting};

/// Cells of a map along an axis, as drawn.
const DRAWN_CELLS: usize = 32;
/// Places of a map that are drawn.
pub const MOST_PLACES: usize = 100;

/// Draws how dense something is on a map, from its counts by cell.
pub fn density(out: &mut String, setting: &Setting, map: usize, title: &str, counts: &[i64]) {
    let ground = &setting.grounds[map];
    let side = setting.raster.side;
    let shown = side.min(DRAWN_CELLS);
    let mut cells = vec![0; shown * shown];
    for (n, count) in counts.iter().enumerate() {
        let (x, y) = (n % side * shown / side, n / side * shown / side);
        cells[y * shown + x] += count;
    }
    let most = cells.iter().copied().max().unwrap_or(0) as f64;
    let [east, north] = ground.extent.map(f64::from);
    let (width, height) = (320.0, 320.0 * (north / east).clamp(0.25, 4.0));
    let (dx, dy) = (width / shown as f64, height / shown as f64);
    let half = area_of_half(counts);
    put(
        out,
        format_args!(
            "<svg class=\"map\" viewBox=\"0 -18 {width} {:.0}\" role=\"img\" aria-label=\"{title}: half of it on {half:.0} % of the map.\"><text x=\"0\" y=\"-5\">{title}</text><rect class=\"h0\" width=\"{width}\" height=\"{height:.1}\"/>",
            height + 18.0
        ),
    );
    // One path a level, runs of cells in a row as one.
    for level in 1..chart::LEVELS {
        let mut path = String::new();
        for row in 0..shown {
            let mut x = 0;
            while x < shown {
                let is_level = |x: usize| chart::level(cells[row * shown + x] as f64, most) == level;
                let end = (x..shown).find(|&x| !is_level(x)).unwrap_or(shown);
                if end > x && most > 0.0 {
                    let run = (end - x) as f64 * dx;
                    put(
                        &mut path,
                        format_args!(
                            "M{:.0} {:.1}h{run:.0}v{dy:.1}h-{run:.0}z",
                            x as f64 * dx,
                            height - (row + 1) as f64 * dy
                        ),
                    );
                }
                x = end.max(x + 1);
            }
        }
        if !path.is_empty() {
            put(out, format_args!("<path class=\"h{level}\" d=\"{path}\"/>"));
        }
    }
    rings(out, ground, [width, height]);
    out.push_str("</svg>");
}

/// Draws the places of a map that is as wide and high as said, north up, and the ways between them.
pub fn rings(out: &mut String, ground: &Ground, [width, height]: [f64; 2]) {
    let [east, north] = ground.extent.map(f64::from);
    let drawn = |x: i32, y: i32| [f64::from(x) / east * width, height - f64::from(y) / north * height];
    let places: Vec<[i32; 3]> = ground.spots_of_places().take(MOST_PLACES).collect();
    let mut path = String::new();
    for ends in ground.ways() {
        let [from, to] = ends.map(|place| places.get(usize::from(place)).map(|[x, y, _]| drawn(*x, *y)));
        if let (Some([x1, y1]), Some([x2, y2])) = (from, to) {
            put(&mut path, format_args!("M{x1:.0} {y1:.0}L{x2:.0} {y2:.0}"));
        }
    }
    if !path.is_empty() {
        put(out, format_args!("<path class=\"way\" d=\"{path}\"/>"));
    }
    for [x, y, radius] in places {
        let [cx, cy] = drawn(x, y);
        put(
            out,
            format_args!(
                "<ellipse class=\"place\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" rx=\"{:.1}\" ry=\"{:.1}\"/>",
                f64::from(radius) / east * width,
                f64::from(radius) / north * height
            ),
        );
    }
}
