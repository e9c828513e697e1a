-- Proves the chain: what is wrong with it, a row each; no row means that all is well. Give it a head that was written
-- down earlier (select * from audit.head), and it checks that the chain still goes through it: whoever owns the
-- database can write a chain anew, but not with the old hashes.
create or replace function audit.verify(known_no bigint default null, known_hash bytea default null)
returns table (problem text, link_no bigint, entry_id bigint)
language sql stable security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
    select 'entry was altered', l.link_no, e.entry_id
    from audit.audit_log as e
    inner join audit.link as l on e.link_id = l.link_id
    where audit.hash_of_entry(e) is distinct from e.entry_hash
    union all
    select 'entry has no link', null, e.entry_id
    from audit.audit_log as e
    where not exists (select from audit.link as l where l.link_id = e.link_id and l.link_no is not null)
    union all
    select
        case
            when coalesce(e.entries, 0) < l.entries then 'entries were deleted'
            when coalesce(e.entries, 0) > l.entries then 'entries were added'
            else 'entries were exchanged'
        end,
        l.link_no, null
    from audit.link as l
    left join (
        select
            a.link_id,
            count(*) as entries,
            sha256(string_agg(a.entry_hash, ''::bytea order by a.entry_id)) as content_hash
        from audit.audit_log as a
        group by a.link_id
    ) as e on l.link_id = e.link_id
    where
        l.link_no is not null
        and (
            e.entries is distinct from l.entries::bigint
            or e.content_hash is distinct from l.content_hash
        )
    union all
    select 'link was altered', l.link_no, null
    from audit.link as l
    where l.link_no is not null and audit.hash_of_link(l) is distinct from l.link_hash
    union all
    select 'link before this one is not the one that was there', l.link_no, null
    from (
        select
            k.link_no,
            k.previous_hash,
            lag(k.link_no, 1, 0::bigint) over (order by k.link_no) as before_no,
            lag(k.link_hash, 1, sha256('skirmish'::bytea)) over (order by k.link_no) as before_hash
        from audit.link as k
        where k.link_no is not null
    ) as l
    where l.before_no <> l.link_no - 1 or l.before_hash <> l.previous_hash
    union all
    select 'head is not the last link', h.link_no, null
    from audit.head as h
    where (h.link_no, h.link_hash) is distinct from (
        select (coalesce(max(k.link_no), 0), coalesce(
            (array_agg(k.link_hash order by k.link_no desc))[1], sha256('skirmish'::bytea)
        ))
        from audit.link as k
        where k.link_no is not null
    )
    union all
    select 'there is no head', null, null
    where not exists (select from audit.head)
    union all
    select 'chain does not go through the known head', verify.known_no, null
    where
        num_nonnulls(verify.known_no, verify.known_hash) > 0
        -- Before the first link stands the same in every database.
        and (verify.known_no, verify.known_hash) is distinct from (0::bigint, sha256('skirmish'::bytea))
        and not exists (
            select from audit.link as l where l.link_no = verify.known_no and l.link_hash = verify.known_hash
        )
$$;
