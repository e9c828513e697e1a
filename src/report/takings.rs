//! Money.

use super::chart::{self, Caption, MOST_LINES, Series, put};
use super::contents::Contents;
use super::key_figures::{revenue_of_least, spending_curve};
use super::text::{escape, grouped};
use crate::tally::Axis;

impl Contents<'_> {
    /// Appends the section.
    pub fn money(&self, out: &mut String) {
        self.section(out, "Money", &[Self::revenue, Self::spending, Self::items]);
    }

    fn revenue(&self, out: &mut String) {
        let (setting, tallies) = (self.setting, &self.figures.tallies);
        let clock = setting.clock;
        let weeks = self.labels(Axis::Week);
        let region_of: Vec<usize> = setting.population.countries.iter().map(|country| country.region.into()).collect();
        let mut cents = vec![vec![0; weeks.len()]; setting.regions()];
        for day in 0..clock.days {
            for (country, spent) in tallies.revenue.row(day as usize).iter().enumerate() {
                cents[region_of[country]][clock.week(day) as usize] += spent;
            }
        }
        let all: Vec<i64> = cents.iter().map(|weeks| weeks.iter().sum()).collect();
        let of = |(name, regions): (String, Vec<usize>)| {
            let week = |week: usize| regions.iter().map(|&region| cents[region][week]).sum::<i64>() as f64 / 100.0;
            Series::new(&name, (0..weeks.len()).map(week))
        };
        let series: Vec<Series> = self.largest(Axis::Region, &all, MOST_LINES).into_iter().map(of).collect();
        let count = tallies.purchases.sum() as u64;
        let about = format!(
            "By week from Monday on, UTC, and region of the player; the run may hold only a part of the first and last. {} purchases by {} players.",
            grouped(count),
            grouped(tallies.spenders.sum().max(0) as u64)
        );
        let caption =
            Caption { title: "Revenue", about: &about, x: "week", y: "US dollars", count: Some((count, "purchases")) };
        if weeks.len() > 30 {
            chart::lines(out, &caption, &weeks, &series);
        } else {
            chart::bars(out, &caption, &weeks, &series);
        }
    }

    fn spending(&self, out: &mut String) {
        let (curve, gini) = spending_curve(&self.figures.tallies);
        let payers = self.figures.tallies.spenders.sum().max(0) as u64;
        let labels: Vec<String> = (0..=50).map(|n| (n * 2).to_string()).collect();
        let series = [
            Series::new(
                "spent",
                (0..=50).map(|n| if payers == 0 { 0.0 } else { revenue_of_least(&curve, f64::from(n) / 50.0) * 100.0 }),
            ),
            Series::new("if all spent the same", (0..=50).map(|n| f64::from(n) * 2.0)),
        ];
        let about = format!(
            "Share of revenue of those who have spent least (Lorenz curve). Gini coefficient {gini:.2}; the tenth that has spent most gives {:.0} %.",
            if payers == 0 { 0.0 } else { (1.0 - revenue_of_least(&curve, 0.9)) * 100.0 }
        );
        let caption = Caption {
            title: "Who pays",
            about: &about,
            x: "% of paying players, from least to most",
            y: "% of revenue",
            count: Some((payers, "paying players")),
        };
        chart::lines(out, &caption, &labels, &series);
    }

    fn items(&self, out: &mut String) {
        let tallies = &self.figures.tallies;
        let names = self.labels(Axis::Item);
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|&item| (-tallies.item_revenue.counts[item], item));
        order.truncate(20);
        let mut table =
            "<table><thead><tr><th scope=\"col\">item<th scope=\"col\">sold<th scope=\"col\">US dollars<tbody>"
                .to_owned();
        for item in order {
            let cents = tallies.item_revenue.counts[item];
            put(
                &mut table,
                format_args!(
                    "<tr><th scope=\"row\">{}<td>{}<td>{}.{:02}",
                    escape(&names[item]),
                    grouped(tallies.item_purchases.counts[item] as u64),
                    grouped(cents as u64 / 100),
                    cents % 100
                ),
            );
        }
        table.push_str("</table>");
        put(
            out,
            format_args!(
                "<figure><figcaption><h3>What sells</h3><p>The items with most revenue, at most 20.</p></figcaption><div class=\"wide\">{table}</div></figure>"
            ),
        );
    }
}
