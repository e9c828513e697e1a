-- One row of api.raise_flags.
create or replace procedure api.raise_flag(
    rule text,
    session_id bigint,
    observed_at timestamptz,
    proof jsonb default '{}'
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    call api.raise_flags(
        array[raise_flag.rule],
        array[raise_flag.session_id],
        array[raise_flag.observed_at],
        array[raise_flag.proof]
    );
end;
$$;
