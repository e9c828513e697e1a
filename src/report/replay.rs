//! The replay of a match: a map on which a slider moves everyone from heartbeat to heartbeat. Without a script, and on
//! paper, it shows all ways.

use serde_json::{Value, json};

use super::chart::put;
use super::map::rings;
use super::text::escape;
use crate::setting::Setting;

/// What moves the players; a page allows this script alone, by its hash.
pub const SCRIPT: &str = include_str!("replay.js");
const WIDTH: f64 = 640.0;
/// Units of places in a centimetre.
const CM: f64 = 10.0;

/// Draws the replay of a run's match.
pub fn draw(out: &mut String, setting: &Setting, replay: &Value) {
    let map = replay["map"].as_str().unwrap_or_default();
    let Some(index) = setting.scenario.file.maps.names().position(|name| name == map) else { return };
    let ground = &setting.grounds[index];
    let [east, north] = ground.extent.map(f64::from);
    let height = WIDTH * (north / east).clamp(0.25, 2.0);
    let scale = [WIDTH / east * CM, height / north * CM];
    let at = |place: &Value| {
        let axis = |n: usize| place[n].as_f64().map(|at| at * scale[n]);
        axis(0).zip(axis(1)).map(|(x, y)| (x, height - y))
    };
    let players = replay["players"].as_array().map_or(&[][..], Vec::as_slice);
    let kills = replay["kills"].as_array().map_or(&[][..], Vec::as_slice);
    let started = replay["started_at"].as_str().unwrap_or_default().replace('T', " ");
    let started: String = started.chars().take(16).collect();
    let beats = replay["heartbeats"].as_u64().unwrap_or(0);
    put(
        out,
        format_args!(
            "<section><h2>A match</h2><figure id=\"replay\"><figcaption><h3>{} on {}, {} UTC</h3><p>{} players, {beats} \
             heartbeats {} s apart, {} kills, {} encounters: the one with most kills of the first day that can be followed by \
             eye. Numbers are teams; lines join who are in an encounter, crosses are kills within the next {} s, rings the \
             map's places, dotted lines the ways between them.</p></figcaption>\
             <p><label for=\"replay-beat\">Heartbeat</label> <input id=\"replay-beat\" type=\"range\" min=\"0\" max=\"{}\" value=\"0\" disabled> \
             <output id=\"replay-said\" for=\"replay-beat\">All ways at once; a browser with scripts moves them.</output></p>\
             <svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"Ways of {} players through a match on {}.\">\
             <rect class=\"h0\" width=\"{WIDTH}\" height=\"{height:.0}\"/>",
            escape(replay["mode"].as_str().unwrap_or_default()),
            escape(map),
            escape(&started),
            players.len(),
            setting.clock.heartbeat_s,
            kills.len(),
            replay["encounters"].as_array().map_or(0, Vec::len),
            setting.clock.heartbeat_s,
            beats.saturating_sub(1),
            players.len(),
            escape(map),
        ),
    );
    rings(out, ground, [WIDTH, height]);
    let team = |player: &Value| player["team"].as_u64().unwrap_or(0);
    for player in players {
        let mut path = String::new();
        let mut is_drawing = false;
        for place in player["places"].as_array().into_iter().flatten() {
            if let Some((x, y)) = at(place) {
                put(&mut path, format_args!("{}{x:.0} {y:.0}", if is_drawing { "L" } else { "M" }));
            }
            is_drawing = !place.is_null();
        }
        put(out, format_args!("<path class=\"line way c{}\" d=\"{path}\"/>", team(player) % 8));
    }
    out.push_str("<path id=\"replay-pairs\" d=\"\"/>");
    for kill in kills {
        if let Some((x, y)) = at(&json!([kill[3], kill[4]])) {
            put(out, format_args!("<path class=\"kill\" d=\"M{:.0} {:.0}l12 12m0 -12l-12 12\"/>", x - 6.0, y - 6.0));
        }
    }
    for player in players {
        let start = player["places"].as_array().and_then(|places| places.iter().find_map(&at)).unwrap_or((0.0, 0.0));
        put(
            out,
            format_args!(
                "<g class=\"player\" transform=\"translate({:.1} {:.1})\"><circle class=\"dot c{}\" r=\"9\"/>\
                 <text class=\"mid\" y=\"4\">{}</text><title>player {}, team {}</title></g>",
                start.0,
                start.1,
                team(player) % 8,
                team(player),
                player["player_id"],
                team(player)
            ),
        );
    }
    let data = json!({
        "players": players.iter().map(|player| json!({"places": player["places"]})).collect::<Vec<_>>(),
        "kills": kills,
        "encounters": replay["encounters"],
        "scale": scale,
        "height": height,
        "step": setting.clock.heartbeat_s,
    });
    // Numbers alone: nothing in it can end the element.
    put(
        out,
        format_args!(
            "</svg></figure><script type=\"application/json\" id=\"replay-data\">{data}</script><script>{SCRIPT}</script></section>"
        ),
    );
}
