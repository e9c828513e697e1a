//! Parquet: columns and layouts in, column chunks out. Knows no table, no scenario and no setting.
//!
//! Columns are encoded from what is known of them: `dictionary` those with few distinct values, `delta` those of
//! differences, both through `pages`; parquet's own writers do the rest. `encode` chooses by [`Layout`].

mod delta;
mod dictionary;
mod encode;
mod layout;
mod pages;

pub use encode::{Encoder, Format, RowGroup};
pub use layout::Layout;
pub use pages::Codec;
