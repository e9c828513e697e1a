-- The audit log: every change of a table whose rows may change, by statement, old and new rows paired by primary key.
--
-- All entries of a transaction and a table are one link of a chain. It is hashed when the transaction commits, in a
-- deferred trigger: only then, and only for as long, does it wait for the link before it, so that those who write at
-- the same time do not queue for the head of the chain.
create or replace function audit.hash_of_entry(entry audit.audit_log)
returns bytea
language sql stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO'
as $$
    select sha256(convert_to(row(
        entry.link_id, entry.table_name, entry.operation, entry.row_key, entry.old_row, entry.new_row, entry.changed_by,
        entry.application, entry.changed_at
    )::text, 'UTF8'))
$$;

create or replace function audit.hash_of_link(link audit.link)
returns bytea
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select sha256(link.previous_hash || link.content_hash || convert_to(jsonb_build_array(
        link.link_id, link.link_no, link.transaction_id::text, link.table_name, link.entries, extract(epoch from link.sealed_at)
    )::text, 'UTF8'))
$$;

-- The link of this transaction for a table, begun if need be.
create or replace function audit.open_link(table_name text)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    found_id bigint;
begin
    select l.link_id into found_id
    from audit.link as l
    where
        l.transaction_id = pg_current_xact_id()
        and l.table_name = open_link.table_name
        and l.link_no is null;
    if found_id is null then
        insert into audit.link (table_name) values (open_link.table_name) returning link_id into found_id;
    end if;
    return found_id;
end;
$$;

-- Arguments are the columns of the primary key. The log is written as its owner, whoever changes the table.
create or replace function audit.record_change()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO'
as $$
declare
    target text := tg_table_schema || '.' || tg_table_name;
    key_columns text;
    key_match text;
    changed text;
begin
    if tg_nargs = 0 or tg_level <> 'STATEMENT' or tg_when <> 'AFTER' then
        raise exception 'audit.record_change on % is wired wrongly', target
        using hint = 'one trigger after each statement, with the columns of the primary key as arguments';
    end if;
    -- Whoever has asked for constraints to be checked at once would have the link sealed before it has entries.
    set constraints audit.t90_seal deferred;
    -- Of a row that comes there is no old one, of a row that goes no new one.
    select
        string_agg(
            format(
                case tg_op
                    when 'INSERT' then '%1$L, n.%1$I' when 'DELETE' then '%1$L, o.%1$I'
                    else '%1$L, coalesce(o.%1$I, n.%1$I)'
                end, a.name
            ), ', '
        ),
        string_agg(format('o.%1$I = n.%1$I', a.name), ' and ')
    into key_columns, key_match
    from unnest(tg_argv) as a (name);
    changed := case tg_op
        when 'INSERT' then 'null::jsonb as old_row, to_jsonb(n) as new_row from new_rows as n'
        when 'DELETE' then 'to_jsonb(o) as old_row, null::jsonb as new_row from old_rows as o'
        -- An update that changes a key is two entries: the old row goes, the new one comes. One that changes nothing
        -- is none.
        else 'to_jsonb(o) as old_row, to_jsonb(n) as new_row '
            'from old_rows as o full join new_rows as n on ' || key_match || ' where o.* is distinct from n.*'
    end;
    -- The link is opened by the first row; without rows there is none. The hash is that of audit.hash_of_entry.
    execute format(
        $sql$
        with entries as (
            select
                (select audit.open_link(%3$L)) as link_id,
                %3$L as table_name,
                case when c.old_row is null then 'insert' when c.new_row is null then 'delete' else 'update' end
                    as operation,
                c.row_key,
                c.old_row,
                c.new_row,
                session_user::text as changed_by,
                current_setting('application_name') as application,
                now() as changed_at
            from (select jsonb_build_object(%1$s) as row_key, %2$s) as c
        )

        insert into audit.audit_log (
            link_id, table_name, operation, row_key, old_row, new_row, changed_by, application, changed_at, entry_hash
        )
        select e.*, sha256(convert_to(e::text, 'UTF8')) from entries as e
        $sql$, key_columns, changed, target
    );
    return null;
end;
$$;

-- When the transaction commits: the link takes its number and its place behind the last one.
create or replace function audit.seal_link()
returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    sealed audit.link := new;
begin
    select h.link_no + 1, h.link_hash into sealed.link_no, sealed.previous_hash from audit.head as h for update;
    select count(*), sha256(coalesce(string_agg(e.entry_hash, ''::bytea order by e.entry_id), ''::bytea))
    into sealed.entries, sealed.content_hash
    from audit.audit_log as e
    where e.link_id = new.link_id;
    sealed.sealed_at := clock_timestamp();
    sealed.link_hash := audit.hash_of_link(sealed);
    update audit.link as l
    set
        link_no = sealed.link_no,
        sealed_at = sealed.sealed_at,
        entries = sealed.entries,
        content_hash = sealed.content_hash,
        previous_hash = sealed.previous_hash,
        link_hash = sealed.link_hash
    where l.link_id = new.link_id;
    update audit.head as h set link_no = sealed.link_no, link_hash = sealed.link_hash;
    return null;
end;
$$;

drop trigger if exists t90_seal on audit.link;
create constraint trigger t90_seal after insert on audit.link
deferrable initially deferred
for each row execute function audit.seal_link();

insert into audit.head (link_no, link_hash) values (0, sha256('skirmish'::bytea))
on conflict on constraint head_pkey do nothing;

-- Every table whose rows may change, with its primary key. What triggers count and how far streams are is left out:
-- it follows from rows that never change.
do $$
declare
    target text;
    keys text;
begin
    foreach target in array array[
        'region', 'currency', 'country', 'device', 'item', 'sale', 'map', 'mode', 'weapon', 'event_type', 'achievement',
        'anticheat_rule', 'player', 'session', 'match', 'participation', 'run', 'day'
    ] loop
        select string_agg(quote_literal(a.attname), ', ' order by k.place) into strict keys
        from pg_constraint as c
        cross join lateral unnest(c.conkey) with ordinality as k (attnum, place)
        inner join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.attnum
        where c.conrelid = format('game.%I', target)::regclass and c.contype = 'p';
        execute format(
            'create or replace trigger t90_audit_insert after insert on game.%I referencing new table as new_rows '
            'for each statement execute function audit.record_change(%s)', target, keys
        );
        execute format(
            'create or replace trigger t90_audit_update after update on game.%I '
            'referencing old table as old_rows new table as new_rows '
            'for each statement execute function audit.record_change(%s)', target, keys
        );
        execute format(
            'create or replace trigger t90_audit_delete after delete on game.%I referencing old table as old_rows '
            'for each statement execute function audit.record_change(%s)', target, keys
        );
        execute format(
            'create or replace trigger t00_keep before truncate on game.%I '
            'for each statement execute function game.refuse_change()', target
        );
    end loop;
end;
$$;
