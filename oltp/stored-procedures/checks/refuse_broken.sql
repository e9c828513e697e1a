-- Refuses a call whose rows break a constraint: what the server said, with a code and a remedy as of every refusal.
create or replace function game.refuse_broken(routine text, said text, broken text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
begin
    perform game.refuse(
        'SK001', format('%s: %s', refuse_broken.routine, refuse_broken.said),
        case
            when refuse_broken.broken <> '' then format('constraint %s says what is right', refuse_broken.broken)
            else 'give values of the columns'' types'
        end
    );
end;
$$;
