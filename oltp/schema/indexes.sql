-- What is looked for, beside keys. Each says by whom; what nobody looks for has no index, because every row pays for
-- it.

-- Sessions of a player: event_timeline, leaderboards.
create index session_player_idx on game.session (player_id, started_at);
-- Deaths and kills of a session: the speed rule asks whether somebody died in between.
create index game_event_session_idx on game.game_event (session_id, occurred_at);
create index game_event_target_idx on game.game_event (target_session_id, occurred_at);
-- Purchases of a session: purchase velocity, session_summary.
create index purchase_session_idx on game.purchase (session_id, purchased_at);
-- The link of a running transaction, of which a table has at most one.
create unique index link_open_idx on audit.link (transaction_id, table_name) where link_no is null;
-- Flags by session: flagged_players.
create index anticheat_flag_session_idx on game.anticheat_flag (session_id);
