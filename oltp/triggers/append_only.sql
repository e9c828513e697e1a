-- Rows of these tables are added and never changed. Row triggers pass to partitions and cost nothing while rows are
-- added; only emptying a whole table needs one a statement. A day is given up by detaching its partitions, which is
-- the owner's.
create or replace function game.refuse_change()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    perform game.refuse(
        'SK007', format('%s of %s.%s is refused', lower(tg_op), tg_table_schema, tg_table_name),
        'rows of this table are added and never changed; correct by adding'
    );
    return null;
end;
$$;

do $$
declare
    target text;
begin
    foreach target in array array[
        'game.heartbeat', 'game.game_event', 'game.purchase', 'game.game_event_key', 'game.purchase_key',
        'game.player_achievement', 'game.anticheat_flag', 'game.level_up', 'game.ban', 'audit.audit_log'
    ] loop
        execute format(
            'create or replace trigger t00_append_only before update or delete on %s '
            'for each row execute function game.refuse_change()', target
        );
        execute format(
            'create or replace trigger t00_keep before truncate on %s '
            'for each statement execute function game.refuse_change()', target
        );
    end loop;
end;
$$;

-- A link is written when it begins and once more when it is sealed; then it is as fixed as what it seals.
create or replace trigger t00_append_only before update on audit.link
for each row when (old.link_no is not null) execute function game.refuse_change();
create or replace trigger t00_keep_row before delete on audit.link
for each row execute function game.refuse_change();
create or replace trigger t00_keep before truncate on audit.link
for each statement execute function game.refuse_change();
create or replace trigger t00_keep_row before delete on audit.head
for each row execute function game.refuse_change();
create or replace trigger t00_keep before truncate on audit.head
for each statement execute function game.refuse_change();
