//! The list of tables. A new table is a line here and a file in `table/rows`; its module, its place in the registry and among
//! the rows of a day, its switch in `output.tables` and its count in the sums all come from this list.

/// Hands the list to a macro: what heartbeats are collected into windows, what is gathered a day, and what is written
/// once. A line is what a row is, the table's name (and its module's), its row type, and whether it is written unless a
/// scenario says otherwise.
macro_rules! for_each_table {
    ($declare:ident) => {
        $declare! {
            windows {
                /// One row a session and tick.
                heartbeats: HeartbeatRow, "true";
            }
            facts {
                /// One row a session.
                session_ends: SessionEndRow, "true";
                /// One row a purchase.
                purchases: PurchaseRow, "true";
                /// One row a heartbeat that has arrived at the collector.
                heartbeats_received: HeartbeatReceivedRow, "false";
                /// What telemetry would not show: what happened to heartbeats on their way.
                truth_defects: TruthDefectRow, "false";
                /// One row an encounter.
                encounters: EncounterRow, "true";
                /// One row an encounter between heartbeats: who came close while walking from one to the next.
                encounters_swept: EncounterSweptRow, "false";
                /// One row an encounter of two teams.
                encounters_team: EncounterTeamRow, "false";
                /// One row a group of players connected by contacts at a heartbeat.
                encounters_group: EncounterGroupRow, "false";
                /// One row a kill.
                kills: KillRow, "true";
                /// One row a match.
                matches: MatchRow, "true";
                /// One row a round of a match, in modes with rounds.
                rounds: RoundRow, "false";
                /// One row a session and match.
                participations: ParticipationRow, "true";
                /// One row an achievement that a player has unlocked.
                achievement_unlocks: AchievementUnlockRow, "true";
                /// One row a session with which a player has reached a level.
                level_ups: LevelUpRow, "true";
                /// One row a report of a killer by its victim.
                reports: ReportRow, "true";
                /// One row a rule of the anti-cheat that a session has broken.
                anticheat_flags: AnticheatFlagRow, "true";
                /// One row an account that was banned.
                bans: BanRow, "true";
                /// What telemetry would not show: installs and churn.
                truth_events: TruthEventRow, "true";
            }
            accounts {
                /// One row a player.
                players: PlayerRow, "true";
                /// What telemetry would not show: latent traits.
                truth_players: TruthPlayerRow, "true";
            }
            dimensions {
                /// One row a region.
                regions: RegionRow, "true";
                /// One row a country.
                countries: CountryRow, "true";
                /// One row a currency.
                currencies: CurrencyRow, "true";
                /// One row a device.
                devices: DeviceRow, "true";
                /// One row an item of the shop.
                items: ItemRow, "true";
                /// One row a sale of the shop.
                sales: SaleRow, "true";
                /// One row an achievement.
                achievements: AchievementRow, "true";
                /// What telemetry would not show: the true size of effects.
                truth_effects: TruthEffectRow, "true";
                /// One row a map.
                maps: MapRow, "true";
                /// One row a mode.
                modes: ModeRow, "true";
                /// One row a weapon.
                weapons: WeaponRow, "true";
                /// One row a kind of event.
                event_types: EventTypeRow, "true";
            }
        }
    };
}
pub(crate) use for_each_table;
