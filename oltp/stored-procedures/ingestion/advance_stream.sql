-- Moves a stream on, in the transaction of its rows: after a crash both are there or neither.
create or replace procedure api.advance_stream(stream text, from_at timestamptz, next_at timestamptz)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    if advance_stream.next_at > advance_stream.from_at is not true or advance_stream.stream is null then
        perform game.refuse(
            'SK001', 'advance_stream: a value is missing, or the stream would not move on', 'give a later moment'
        );
    end if;
    update game.stream_position as p
    set next_at = advance_stream.next_at
    where
        p.stream = advance_stream.stream
        and p.next_at = advance_stream.from_at;
    if not found then
        perform game.refuse(
            'SK009', format('stream %s does not stand at %s', advance_stream.stream, advance_stream.from_at),
            'another ingester works on it: claim the stream again and go on from there'
        );
    end if;
end;
$$;
