//! Numbers for people.

/// A count and what is counted.
pub fn plural(count: u32, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{} {thing}s", grouped(count.into())) }
}

/// A number with thousands separated.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number in millions, thousands or ones, three digits.
pub fn short(value: f64) -> String {
    match value {
        v if v >= 1e9 => format!("{:.2} G", v / 1e9),
        v if v >= 1e6 => format!("{:.2} M", v / 1e6),
        v if v >= 1e4 => format!("{:.1} k", v / 1e3),
        v => format!("{v:.0}"),
    }
}

/// A size in bytes.
pub fn size(bytes: u64) -> String {
    match bytes as f64 {
        b if b >= 1e12 => format!("{:.2} TB", b / 1e12),
        b if b >= 1e9 => format!("{:.2} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.1} MB", b / 1e6),
        b if b >= 1e3 => format!("{:.1} kB", b / 1e3),
        b => format!("{b:.0} B"),
    }
}

/// A time that something takes.
pub fn lasting(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round();
    match seconds {
        s if s < 99.5 => format!("{s:.0} s"),
        _ if minutes < 100.0 => format!("{minutes:.0} min"),
        _ => format!("{:.0} h {:.0} min", (minutes / 60.0).floor(), minutes % 60.0),
    }
}

/// A number as charts show it: at most four digits or so, with as many decimals as say something.
pub fn quantity(value: f64) -> String {
    let trimmed = |text: String| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    };
    match value.abs() {
        v if v >= 1e4 => short(value).replace(".00 ", " ").replace(".0 ", " "),
        v if v >= 100.0 => grouped(value.round().max(0.0) as u64),
        v if v >= 1.0 => trimmed(format!("{value:.1}")),
        v if v >= 0.01 => trimmed(format!("{value:.3}")),
        v if v > 0.0 => trimmed(format!("{value:.5}")),
        _ => "0".into(),
    }
}

/// Text as it may stand in a page: without what would end an attribute or an element, or turn the direction of writing.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                out.push('\u{fffd}');
            }
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_for_people() {
        assert_eq!((grouped(1_234_567), plural(1, "day")), ("1,234,567".into(), "1 day".into()));
        assert_eq!((short(5_120_000.0), size(5_300_000)), ("5.12 M".into(), "5.3 MB".into()));
    }

    #[test]
    fn times_are_as_exact_as_one_cares() {
        let said = [0.4, 99.4, 99.6, 5_900.0, 6_000.0, 90_000.0].map(lasting);
        assert_eq!(said, ["0 s", "99 s", "2 min", "98 min", "1 h 40 min", "25 h 0 min"]);
    }

    #[test]
    fn quantities_say_no_more_than_they_know() {
        let said = [0.0, 0.0123, 0.25, 1.0, 12.34, 99.96, 123.4, 9_999.0, 12_345.0, 1.5e6, 2e9].map(quantity);
        assert_eq!(said, ["0", "0.012", "0.25", "1", "12.3", "100", "123", "9,999", "12.3 k", "1.50 M", "2 G"]);
    }

    #[test]
    fn names_cannot_break_the_page() {
        assert_eq!(escape("a<b>&\"c\"'"), "a&lt;b&gt;&amp;&quot;c&quot;&#39;");
        assert_eq!(escape("x\u{202e}y\nz"), "x\u{fffd}y z");
    }
}
