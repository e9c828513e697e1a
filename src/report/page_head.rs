//! What stands around the contents of a page: its head, which says what it may do, and its end.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::replay;
use super::text::escape;

const STYLE: &str = include_str!("style.css");

/// The start of a page: a title, a line below it, and what the page may do, which is next to nothing.
pub fn head(title: &str, sub: &str) -> String {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
    let (style, script) = (hash(STYLE), hash(replay::SCRIPT));
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}: Skirmish report</title>\
         <style>{STYLE}</style></head>\n<body><header><h1>{title}</h1><p class=\"sub\">{}</p></header><main>",
        escape(sub)
    )
}

/// The end of a page.
pub const END: &str = "</main></body></html>\n";
