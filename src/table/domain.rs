//! Domains: the lists of names that text columns point into.

use std::sync::Arc;

use arrow_array::StringArray;

/// A list of names that text columns point into.
pub trait Domain: Clone + Send + std::fmt::Debug + 'static {
    /// The names of this domain.
    fn of(names: &Names) -> &Arc<StringArray>;
}

macro_rules! domains {
    ($($(#[doc = $doc:literal])+ $domain:ident: $field:ident;)*) => {
        /// The names that text columns point into, one list a domain.
        #[derive(Clone, Debug)]
        pub struct Names {
            $( $(#[doc = $doc])+ pub $field: Arc<StringArray>, )*
        }

        $(
            $(#[doc = $doc])+
            #[derive(Clone, Debug)]
            pub struct $domain;
            impl Domain for $domain {
                fn of(names: &Names) -> &Arc<StringArray> {
                    &names.$field
                }
            }
        )*
    };
}
domains! {
    /// Regions of the scenario.
    Region: regions;
    /// Countries, by index into the population's list.
    Country: countries;
    /// Platforms of the scenario.
    Platform: platforms;
    /// Devices of the scenario.
    Device: devices;
    /// Currencies of the scenario.
    Currency: currencies;
    /// Client versions.
    ClientVersion: client_versions;
    /// Why sessions end.
    SessionEnd: session_ends;
    /// Why encounters end.
    EncounterEnd: encounter_ends;
    /// Why matches end.
    MatchEnd: match_ends;
    /// How two players of an encounter relate.
    Relation: relations;
    /// Maps of the scenario.
    Map: maps;
    /// Modes of the scenario.
    Mode: modes;
    /// Weapons of the scenario.
    Weapon: weapons;
    /// Items of the scenario.
    Item: items;
    /// Item categories.
    Category: categories;
    /// Archetypes of the scenario.
    Archetype: archetypes;
    /// Spending clusters, `non_payer` first.
    Cluster: clusters;
    /// Segments of players.
    Segment: segments;
    /// Kinds of hidden events.
    TruthEvent: truth_events;
    /// Kinds of events in telemetry.
    EventType: event_types;
    /// Tables of the registry.
    TableName: tables;
    /// Descriptions of event types.
    Description: descriptions;
}

/// Names as an array.
pub fn name_array<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Arc<StringArray> {
    Arc::new(StringArray::from_iter_values(names))
}
