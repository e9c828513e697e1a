-- What every ingestion begins with: whether the arguments are columns of one batch. Returns how many rows it has.
--
-- Days are opened and sealed while no batch is under way: the lock is shared among batches and lasts until the
-- transaction ends. Days take it exclusively before they touch a table, so the two never wait for each other in a
-- circle.
create or replace function game.begin_batch(routine text, variadic lengths integer[])
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    given integer := begin_batch.lengths[1];
begin
    perform pg_advisory_xact_lock_shared(hashtext('skirmish days'));
    if given is null or exists (select from unnest(begin_batch.lengths) as l (n) where l.n is distinct from given) then
        perform game.refuse(
            'SK001',
            format(
                '%s: arrays have %s rows', begin_batch.routine, array_to_string(begin_batch.lengths, ', ', 'no')
            ),
            'give every array one value a row, and none of them null'
        );
    end if;
    if given > 100000 then
        perform game.refuse(
            'SK001', format('%s: %s rows are more than 100000', begin_batch.routine, given), 'split the batch'
        );
    end if;
    return given;
end;
$$;
