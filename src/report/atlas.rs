//! Maps: where players are and where they die.

use super::chart::{self, Caption, put};
use super::contents::Contents;
use super::key_figures::area_of_half;
use super::map;
use super::text::grouped;
use crate::tally::Axis;

/// Maps that are drawn.
pub const MOST_MAPS: usize = 8;

impl Contents<'_> {
    /// Appends the section.
    pub fn where_on_maps(&self, out: &mut String) {
        self.section(out, "Maps", &[Self::maps]);
    }

    /// Where players are and where they die, on the maps that are played most.
    fn maps(&self, out: &mut String) {
        let tallies = &self.figures.tallies;
        let names = self.labels(Axis::Map);
        let played = tallies.played.along(1);
        let mut order: Vec<usize> = (0..names.len()).filter(|&map| played[map] > 0).collect();
        order.sort_by_key(|&map| (-played[map], map));
        if order.len() > MOST_MAPS {
            put(out, format_args!("<p>The {MOST_MAPS} of {} maps that are played most.</p>", order.len()));
        }
        for &map in order.iter().take(MOST_MAPS) {
            let deaths = tallies.kill_places.row(map);
            let caption = Caption {
                title: &names[map],
                about: &format!(
                    "{} heartbeats, {} encounters, {} kills. Half of the heartbeats lie on {:.0} % of the map, half of the kills on {:.0} %. Rings are {}, dotted lines the ways between them; north is up.",
                    grouped(played[map] as u64),
                    grouped(tallies.encounters_by_map.counts[map] as u64),
                    grouped(deaths.iter().sum::<i64>() as u64),
                    area_of_half(tallies.occupancy.row(map)),
                    area_of_half(deaths),
                    match self.setting.grounds[map].places() {
                        places if places > map::MOST_PLACES => format!("{} of its {places} places", map::MOST_PLACES),
                        _ => "its places".to_owned(),
                    },
                ),
                x: "",
                y: "",
                count: None,
            };
            let mut svg = String::new();
            map::density(&mut svg, self.setting, map, "Where players are", tallies.occupancy.row(map));
            map::density(&mut svg, self.setting, map, "Where they die", deaths);
            let svg = format!(
                "<div class=\"pair\">{svg}</div><p class=\"scale\">least {} most, by heartbeats or kills a cell; each shade is about twice the one before</p>",
                (0..chart::LEVELS).map(chart::shade).collect::<String>()
            );
            chart::figure(out, &caption, "", &svg, "");
        }
    }
}
