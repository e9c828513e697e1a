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
    RegionName: regions;
    /// Countries, by index into the population's list.
    CountryName: countries;
    /// Platforms of the scenario.
    PlatformName: platforms;
    /// Devices of the scenario.
    DeviceName: devices;
    /// Currencies of the scenario.
    CurrencyName: currencies;
    /// Client versions.
    ClientVersionName: client_versions;
    /// Why sessions end.
    SessionEndName: session_ends;
    /// Why encounters end.
    EncounterEndName: encounter_ends;
    /// Why matches end.
    MatchEndName: match_ends;
    /// Why rounds end.
    RoundEndName: round_ends;
    /// How two players of an encounter relate.
    RelationName: relations;
    /// Maps of the scenario.
    MapName: maps;
    /// Modes of the scenario.
    ModeName: modes;
    /// Weapons of the scenario.
    WeaponName: weapons;
    /// Items of the scenario.
    ItemName: items;
    /// Sales of the scenario.
    SaleName: sales;
    /// Item categories.
    CategoryName: categories;
    /// Archetypes of the scenario.
    ArchetypeName: archetypes;
    /// Spending clusters, `non_payer` first.
    ClusterName: clusters;
    /// Segments of players.
    SegmentName: segments;
    /// Achievements of the scenario.
    AchievementName: achievements;
    /// What achievements count.
    DeedName: deeds;
    /// Why players are reported.
    ReportReasonName: report_reasons;
    /// Rules of the anti-cheat.
    RuleName: rules;
    /// Ways to cheat, `none` first.
    CheatName: cheats;
    /// Effects whose size is known.
    EffectName: effects;
    /// What effects mean.
    EffectMeaning: effect_meanings;
    /// What happens to heartbeats.
    DefectName: defects;
    /// Kinds of hidden events.
    TruthEventName: truth_events;
    /// Kinds of events in telemetry.
    EventTypeName: event_types;
    /// Tables of the registry.
    TableName: tables;
    /// Descriptions of event types.
    Description: descriptions;
}

/// Names as an array.
pub fn name_array<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Arc<StringArray> {
    Arc::new(StringArray::from_iter_values(names))
}
