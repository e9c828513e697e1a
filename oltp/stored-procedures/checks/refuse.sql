-- Refuses a call. Every refusal has a code of its own, so that a program can tell them apart:
--   SK001  arguments: lengths differ, something is missing, too many rows
--   SK002  unknown: a number or name that is not there yet
--   SK003  outside: not within its session, its match or its place in them
--   SK004  conflict: the key is there already, with other content
--   SK005  overlap: two sessions of a player at one time
--   SK006  closed: the day has no partitions yet, see api.open_day
--   SK007  fixed: rows of this table are added and never changed
--   SK008  other run: the database holds one run, and this is another
--   SK009  lost race: somebody else has moved this stream on
--   SK010  banned: the session would start after its player's ban
create or replace function game.refuse(code text, what text, remedy text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    raise exception using errcode = refuse.code, message = refuse.what, hint = refuse.remedy;
end;
$$;
