-- What must hold. Names are table_column_rule; the tests hit every one of them.

-- 1. Keys.
alter table game.schema_version add constraint schema_version_pkey primary key (version);
alter table game.region add constraint region_pkey primary key (region);
alter table game.currency add constraint currency_pkey primary key (currency);
alter table game.country add constraint country_pkey primary key (country, region);
alter table game.device add constraint device_pkey primary key (device);
alter table game.item add constraint item_pkey primary key (item_id);
alter table game.item add constraint item_item_key unique (item);
alter table game.sale add constraint sale_pkey primary key (sale);
alter table game.map add constraint map_pkey primary key (map);
alter table game.mode add constraint mode_pkey primary key (mode);
alter table game.weapon add constraint weapon_pkey primary key (weapon);
alter table game.event_type add constraint event_type_pkey primary key (event_type);
alter table game.achievement add constraint achievement_pkey primary key (achievement);
alter table game.anticheat_rule add constraint anticheat_rule_pkey primary key (rule);
alter table game.player add constraint player_pkey primary key (player_id);
alter table game.session add constraint session_pkey primary key (session_id);
alter table game.match add constraint match_pkey primary key (match_id);
alter table game.participation add constraint participation_pkey primary key (session_id, match_id);
alter table game.heartbeat add constraint heartbeat_pkey primary key (session_id, beat_at);
alter table game.game_event add constraint game_event_pkey primary key (event_type, event_id, occurred_at);
alter table game.purchase add constraint purchase_pkey primary key (purchase_id, purchased_at);
alter table game.game_event_key add constraint game_event_key_pkey primary key (event_type, event_id);
alter table game.purchase_key add constraint purchase_key_pkey primary key (purchase_id);
alter table game.player_achievement add constraint player_achievement_pkey primary key (player_id, achievement);
alter table game.anticheat_flag add constraint anticheat_flag_pkey primary key (rule, session_id, observed_at);
alter table game.level_up add constraint level_up_pkey primary key (session_id);
alter table game.ban add constraint ban_pkey primary key (player_id);
alter table game.session_counter add constraint session_counter_pkey primary key (session_id);
alter table game.player_counter add constraint player_counter_pkey primary key (player_id);
alter table game.run add constraint run_pkey primary key (world_hash);
alter table game.stream_position add constraint stream_position_pkey primary key (stream);
alter table game.day add constraint day_pkey primary key (day);
alter table audit.link add constraint link_pkey primary key (link_id);
alter table audit.link add constraint link_link_no_key unique (link_no);
alter table audit.audit_log add constraint audit_log_pkey primary key (link_id, entry_id);
alter table audit.head add constraint head_pkey primary key (is_only);

-- 2. References. Those of heartbeats, events and purchases are declared day by day, a partition at a time:
-- api.seal_day.
alter table game.country add constraint country_region_fkey
foreign key (region) references game.region (region);
alter table game.country add constraint country_currency_fkey
foreign key (currency) references game.currency (currency);
alter table game.player add constraint player_country_fkey
foreign key (country, region) references game.country (country, region);
alter table game.player add constraint player_device_fkey
foreign key (device) references game.device (device);
alter table game.session add constraint session_player_fkey
foreign key (player_id) references game.player (player_id);
alter table game.session add constraint session_device_fkey
foreign key (device) references game.device (device);
alter table game.match add constraint match_region_fkey
foreign key (region) references game.region (region);
alter table game.match add constraint match_map_fkey
foreign key (map) references game.map (map);
alter table game.match add constraint match_mode_fkey
foreign key (mode) references game.mode (mode);
alter table game.participation add constraint participation_match_fkey
foreign key (match_id) references game.match (match_id);
alter table game.participation add constraint participation_session_fkey
foreign key (session_id) references game.session (session_id);
alter table game.player_achievement add constraint player_achievement_player_fkey
foreign key (player_id) references game.player (player_id);
alter table game.player_achievement add constraint player_achievement_achievement_fkey
foreign key (achievement) references game.achievement (achievement);
alter table game.anticheat_flag add constraint anticheat_flag_rule_fkey
foreign key (rule) references game.anticheat_rule (rule);
alter table game.anticheat_flag add constraint anticheat_flag_session_fkey
foreign key (session_id) references game.session (session_id);
alter table game.level_up add constraint level_up_session_fkey
foreign key (session_id) references game.session (session_id);
alter table game.ban add constraint ban_player_fkey
foreign key (player_id) references game.player (player_id);
alter table game.ban add constraint ban_rule_fkey
foreign key (rule) references game.anticheat_rule (rule);
alter table game.session_counter add constraint session_counter_session_fkey
foreign key (session_id) references game.session (session_id);
alter table game.player_counter add constraint player_counter_player_fkey
foreign key (player_id) references game.player (player_id);
-- Entries refer to links without a foreign key, which would be paid for with every change: audit.verify() finds an
-- entry that has no link.

-- 3. No two sessions of a player at a time; one may begin in the second in which the last one ended. Ranges of one
-- number stand for equality, so that no extension is needed.
alter table game.session add constraint session_player_no_overlap exclude using gist (
    int4range(player_id, player_id, '[]') with &&,
    tstzrange(started_at, ended_at, '[)') with &&
);

-- 4. Values.
alter table game.region add constraint region_share_in_range check (share_ppm between 0 and 1000000);
alter table game.currency add constraint currency_currency_iso check (currency ~ '^[A-Z]{3}$');
alter table game.currency add constraint currency_digits_in_range check (digits between 0 and 4);
alter table game.currency add constraint currency_rate_positive check (per_usd_micros > 0);
alter table game.country add constraint country_country_iso check (country ~ '^[A-Z]{2}$');
alter table game.country add constraint country_offset_in_range check (utc_offset_minutes between -840 and 840);
alter table game.device add constraint device_device_not_empty check (device <> '');
alter table game.item add constraint item_price_positive check (price_usd_cents > 0);
alter table game.sale add constraint sale_ends_on_not_before check (ends_on >= starts_on);
alter table game.sale add constraint sale_discount_in_range check (discount_ppm between 0 and 1000000);
alter table game.map add constraint map_extent_positive check (
    extent_x_cm > 0 and extent_y_cm > 0 and relief_cm >= 0
);
alter table game.mode add constraint mode_size_positive check (teams > 0 and team_size > 0 and match_length_s > 0);
alter table game.mode add constraint mode_speed_positive check (top_speed_cm_per_s > 0);
alter table game.weapon add constraint weapon_headshot_in_range check (headshot_ppm between 0 and 1000000);
alter table game.weapon add constraint weapon_range_positive check (best_range_cm > 0);
alter table game.achievement add constraint achievement_metric_known check (
    metric in ('sessions', 'kills', 'headshots', 'deaths', 'purchases', 'spent_usd_cents', 'manual')
);
alter table game.achievement add constraint achievement_threshold_positive check (threshold > 0);
alter table game.anticheat_rule add constraint anticheat_rule_threshold_positive check (
    threshold > 0 and min_count >= 0 and window_s >= 0
);
alter table game.player add constraint player_player_id_positive check (player_id > 0);
alter table game.player add constraint player_segment_known check (segment in ('new', 'veteran'));
alter table game.session add constraint session_session_id_of_player check (session_id >> 16 = player_id);
alter table game.session add constraint session_ended_at_later check (ended_at > started_at);
alter table game.session add constraint session_times_finite check (isfinite(started_at) and isfinite(ended_at));
alter table game.session add constraint session_end_whole check ((ended_at is null) = (end_reason is null));
alter table game.session add constraint session_end_reason_known check (
    end_reason in ('logout', 'disconnect', 'kicked', 'run_end')
);
alter table game.match add constraint match_ended_at_later check (ended_at > started_at);
alter table game.match add constraint match_times_finite check (isfinite(started_at) and isfinite(ended_at));
alter table game.match add constraint match_end_whole check ((ended_at is null) = (end_reason is null));
alter table game.match add constraint match_end_reason_known check (
    end_reason in ('completed', 'eliminated', 'abandoned', 'run_end')
);
alter table game.match add constraint match_winner_ended check (
    winner_team is null or (winner_team >= 0 and ended_at is not null)
);
alter table game.participation add constraint participation_team_not_negative check (team_id >= 0);
alter table game.participation add constraint participation_left_at_later check (left_at >= joined_at);
alter table game.game_event add constraint game_event_kill_whole check (
    event_type <> 'kill'
    or num_nulls(
        target_session_id, weapon, is_headshot, distance_cm, x_cm, y_cm, z_cm, target_x_cm, target_y_cm, target_z_cm,
        encounter_id
    ) = 0
);
alter table game.game_event add constraint game_event_target_other check (target_session_id <> session_id);
alter table game.game_event add constraint game_event_distance_not_negative check (distance_cm >= 0);
alter table game.game_event add constraint game_event_details_object check (jsonb_typeof(details) = 'object');
alter table game.purchase add constraint purchase_purchase_id_of_player check (
    purchase_id >> 20 = session_id >> 16
);
alter table game.purchase add constraint purchase_price_positive check (price_minor > 0 and price_usd_cents >= 0);
alter table game.anticheat_flag add constraint anticheat_flag_evidence_object check (
    jsonb_typeof(evidence) = 'object'
);
alter table game.level_up add constraint level_up_level_above_first check (level > 1 and experience > 0);
alter table game.ban add constraint ban_banned_at_finite check (isfinite(banned_at));
alter table game.session_counter add constraint session_counter_not_negative check (
    least(heartbeats, kills, headshots, deaths, purchases) >= 0 and headshots <= kills
);
alter table game.player_counter add constraint player_counter_not_negative check (
    least(sessions, kills, headshots, deaths, purchases, spent_usd_cents) >= 0 and headshots <= kills
);
alter table game.run add constraint run_days_positive check (days > 0);
alter table audit.audit_log add constraint audit_log_rows_match_operation check (
    case operation
        when 'insert' then old_row is null and new_row is not null
        when 'update' then old_row is not null and new_row is not null
        when 'delete' then old_row is not null and new_row is null
        else false
    end
);
alter table audit.link add constraint link_sealed_whole check (
    num_nulls(link_no, sealed_at, entries, content_hash, previous_hash, link_hash) in (0, 6)
);
alter table audit.head add constraint head_is_only check (is_only);
