-- What is kept, in third normal form. Constraints and indexes have files of their own.
--
-- Moments are timestamptz. Money is in whole minor units of its currency, and in hundredths of a US dollar. Lengths
-- are centimetres. Nothing but api is open to anybody.
create schema game;
create schema api;
create schema audit;

-- 1. The installation itself.
create table game.schema_version (
    version integer not null,
    installed_at timestamptz not null default now()
);
comment on table game.schema_version is 'One row an upgrade; the largest version is the one that the database has.';

-- 2. What the world is made of.
create table game.region (
    region text not null,
    share_ppm integer not null
);
comment on table game.region is 'One row a data-centre region.';

create table game.currency (
    currency text not null,
    digits smallint not null,
    per_usd_micros bigint not null
);
comment on table game.currency is 'One row a currency, ISO 4217; prices in it are whole numbers of its smallest unit.';

create table game.country (
    country text not null,
    region text not null,
    utc_offset_minutes integer not null,
    currency text not null
);
comment on table game.country is 'One row a country of a region, ISO 3166-1 alpha-2; a country may lie in several.';

create table game.device (
    device text not null,
    platform text not null
);
comment on table game.device is 'One row a kind of device.';

create table game.item (
    item_id integer not null,
    item text not null,
    category text not null,
    price_usd_cents integer not null
);
comment on table game.item is 'One row an item of the shop, with its price today; what was paid is with the purchase.';

create table game.sale (
    sale text not null,
    starts_on date not null,
    ends_on date not null,
    discount_ppm integer not null
);
comment on table game.sale is 'One row a sale of the shop: its days, and what is taken off every price.';

create table game.map (
    map text not null,
    extent_x_cm integer not null,
    extent_y_cm integer not null,
    relief_cm integer not null
);
comment on table game.map is 'One row a map.';

create table game.mode (
    mode text not null,
    teams smallint not null,
    team_size integer not null,
    match_length_s integer not null,
    is_elimination boolean not null,
    top_speed_cm_per_s integer not null
);
comment on table game.mode is 'One row a mode of play.';

create table game.weapon (
    weapon text not null,
    best_range_cm integer not null,
    headshot_ppm integer not null
);
comment on table game.weapon is 'One row a weapon.';

create table game.event_type (
    event_type text not null,
    description text not null
);
comment on table game.event_type is 'One row a kind of event that a match reports.';

create table game.achievement (
    achievement text not null,
    title text not null,
    metric text not null,
    threshold bigint not null
);
comment on table game.achievement is
'One row an achievement: unlocked when the metric of a player reaches the threshold, or by the game itself (manual).';

create table game.anticheat_rule (
    rule text not null,
    description text not null,
    threshold numeric not null,
    min_count integer not null,
    window_s integer not null
);
comment on table game.anticheat_rule is 'One row a rule: what is suspicious, and from which figures on.';

-- 3. Who plays, and when. Sessions, matches and places in them are changed once, when they end, and find room beside
-- them.
create table game.player (
    player_id integer not null,
    installed_on date not null,
    country text not null,
    region text not null,
    realm_id smallint not null,
    device text not null,
    segment text not null
);
comment on table game.player is 'One row an account.';

create table game.session (
    session_id bigint not null,
    player_id integer not null,
    party_id bigint not null,
    device text not null,
    client_version text not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    end_reason text
) with (fillfactor = 50);
comment on table game.session is 'One row a sitting of a player; while it lasts it has no end.';
comment on column game.session.party_id is
'Session of the party''s leader, who may log in after the member: no reference, but the number that it will have.';

create table game.match (
    match_id bigint not null,
    realm_id smallint not null,
    region text not null,
    arena_id integer not null,
    map text not null,
    mode text not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    winner_team smallint,
    end_reason text
) with (fillfactor = 50);
comment on table game.match is 'One row a round on an arena; while it lasts it has no end.';

create table game.participation (
    match_id bigint not null,
    session_id bigint not null,
    team_id smallint not null,
    joined_at timestamptz not null,
    left_at timestamptz
) with (fillfactor = 50);
comment on table game.participation is 'One row a session and a match that it took part in.';

-- 4. What happened: rows are added and never changed. Partitions are UTC days, made by api.open_day.
create table game.heartbeat (
    session_id bigint not null,
    beat_at timestamptz not null,
    match_id bigint not null,
    x_cm integer not null,
    y_cm integer not null,
    z_cm integer not null
) partition by range (beat_at);
comment on table game.heartbeat is 'One row a session and heartbeat: where the player stood. A partition a UTC day.';

create table game.game_event (
    event_type text not null,
    event_id bigint not null,
    occurred_at timestamptz not null,
    match_id bigint not null,
    session_id bigint not null,
    target_session_id bigint,
    weapon text,
    is_headshot boolean,
    distance_cm integer,
    x_cm integer,
    y_cm integer,
    z_cm integer,
    target_x_cm integer,
    target_y_cm integer,
    target_z_cm integer,
    encounter_id bigint,
    details jsonb not null
) partition by range (occurred_at);
comment on table game.game_event is
'One row an event of a match: kills with all their columns, other kinds with what they need. A partition a UTC day.';

create table game.purchase (
    purchase_id bigint not null,
    session_id bigint not null,
    purchased_at timestamptz not null,
    item_id integer not null,
    currency text not null,
    price_minor integer not null,
    price_usd_cents integer not null
) partition by range (purchased_at);
comment on table game.purchase is 'One row a purchase. A partition a UTC day.';

-- A key of a partitioned table holds the day, so it alone would let one number return on another day.
create table game.game_event_key (
    event_type text not null,
    event_id bigint not null,
    occurred_at timestamptz not null
);
comment on table game.game_event_key is 'One row an event: its number is taken, whatever the day.';

create table game.purchase_key (
    purchase_id bigint not null,
    purchased_at timestamptz not null
);
comment on table game.purchase_key is 'One row a purchase: its number is taken, whatever the day.';

create table game.player_achievement (
    player_id integer not null,
    achievement text not null,
    unlocked_at timestamptz not null
);
comment on table game.player_achievement is 'One row an achievement of a player.';

create table game.anticheat_flag (
    rule text not null,
    session_id bigint not null,
    observed_at timestamptz not null,
    raised_by text not null,
    evidence jsonb not null
);
comment on table game.anticheat_flag is 'One row a suspicion: what a rule or a person saw of a session.';

create table game.level_up (
    session_id bigint not null,
    reached_at timestamptz not null,
    level smallint not null,
    experience bigint not null
);
comment on table game.level_up is 'One row a session with which a player reached a level, or several at once.';

create table game.ban (
    player_id integer not null,
    banned_at timestamptz not null,
    rule text not null,
    is_wave boolean not null
);
comment on table game.ban is 'One row an account that is banned: none of its sessions starts from then on.';

-- 5. What triggers count. It could be counted again from what happened, and a view does so for the tests.
create table game.session_counter (
    session_id bigint not null,
    heartbeats integer not null default 0,
    kills integer not null default 0,
    headshots integer not null default 0,
    deaths integer not null default 0,
    purchases integer not null default 0,
    last_beat_at timestamptz,
    last_match_id bigint,
    last_x_cm integer,
    last_y_cm integer,
    last_z_cm integer
) with (fillfactor = 50);
comment on table game.session_counter is 'One row a session: sums so far, and its latest heartbeat.';

create table game.player_counter (
    player_id integer not null,
    sessions bigint not null default 0,
    kills bigint not null default 0,
    headshots bigint not null default 0,
    deaths bigint not null default 0,
    purchases bigint not null default 0,
    spent_usd_cents bigint not null default 0
) with (fillfactor = 50);
comment on table game.player_counter is 'One row a player: sums over the whole career, which achievements go by.';

-- 6. Where the rows come from, and how far they are.
create table game.run (
    world_hash text not null,
    scenario text not null,
    data_version integer not null,
    start_day date not null,
    days integer not null
);
comment on table game.run is
'The run that the database holds, one at most: numbers of another would mean other things.';

create table game.stream_position (
    stream text not null,
    next_at timestamptz not null
);
comment on table game.stream_position is
'One row a stream of an ingester: everything of it before next_at is here. Moved on in the transaction of the rows.';

create table game.day (
    day date not null,
    sealed_at timestamptz
);
comment on table game.day is
'One row a UTC day that has partitions; sealed once the foreign keys of its partitions are declared.';

-- 7. The audit trail.
create table audit.link (
    link_id bigint generated always as identity,
    transaction_id xid8 not null default pg_current_xact_id(),
    table_name text not null,
    link_no bigint,
    sealed_at timestamptz,
    entries integer,
    content_hash bytea,
    previous_hash bytea,
    link_hash bytea
);
comment on table audit.link is
'One row a transaction and table: a link of the chain. Its number and hashes come when the transaction commits.';

create table audit.audit_log (
    entry_id bigint generated always as identity,
    link_id bigint not null,
    table_name text not null,
    operation text not null,
    row_key jsonb not null,
    old_row jsonb,
    new_row jsonb,
    changed_by text not null,
    application text not null,
    changed_at timestamptz not null,
    entry_hash bytea not null
);
comment on table audit.audit_log is 'One row a change of a row: who, when, what it was and what it is.';
comment on column audit.audit_log.changed_by is 'Login (session_user), not the role that a procedure runs as.';
comment on column audit.audit_log.changed_at is
'Start of the transaction, by the clock of the server: transactions of one moment commit in any order.';
comment on column audit.audit_log.row_key is 'Primary key of the row; of the old row where an update has changed it.';

create table audit.head (
    is_only boolean not null default true,
    link_no bigint not null,
    link_hash bytea not null
);
comment on table audit.head is 'One row: the last link. Write it down elsewhere, and audit.verify(no, hash) checks it.';
