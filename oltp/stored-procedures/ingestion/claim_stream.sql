-- How far a stream is, and nobody else moves it before this transaction ends. A stream that is new begins at
-- first_at.
create or replace procedure api.claim_stream(stream text, first_at timestamptz, inout next_at timestamptz default null)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    if claim_stream.stream is null or claim_stream.first_at is null then
        perform game.refuse('SK001', 'claim_stream: there is no stream or no beginning', 'give both');
    end if;
    insert into game.stream_position (stream, next_at) values (claim_stream.stream, claim_stream.first_at)
    on conflict on constraint stream_position_pkey do nothing;
    select p.next_at into claim_stream.next_at
    from game.stream_position as p
    where p.stream = claim_stream.stream
    for update;
end;
$$;
