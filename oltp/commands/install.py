"""`oltp/install`: the schema in a database, at the version of this folder."""

import argparse
import sys

from commands.postgres import OLDEST, OLTP, Database, shown
from lib.failure import Failure

# Made once, in this order; an older database is brought up by the files of schema/upgrades instead.
FRESH = ["schema/tables.sql", "schema/constraints.sql", "schema/indexes.sql"]
# Made anew by every installation, folder by folder, file by file in the order of their names.
RENEWED = ["stored-procedures/checks", "stored-procedures/days", "stored-procedures/ingestion"]
RENEWED += ["triggers", "views/base", "views", "seed-data"]

# Views stand on tables that may change, and are made anew after. What others have built on them is theirs: then this
# fails, and says what it is.
DROP_VIEWS = """
do $$
declare
    views text;
begin
    select string_agg(format('api.%I', c.relname), ', ') into views
    from pg_class as c
    where c.relkind = 'v' and c.relnamespace = 'api'::regnamespace;
    execute 'drop view ' || views;
end;
$$;
"""
RIGHTS = """
select unnest(array[
    (current_setting('server_version_num')::int / 10000)::text,
    current_user::text,
    (
        has_database_privilege(current_database(), 'create with grant option')
        or exists (
            select from pg_roles as o
            where o.rolname = 'skirmish_owner' and has_database_privilege(o.oid, current_database(), 'create')
        )
    )::text,
    (r.rolsuper or r.rolcreaterole)::text,
    (
        select count(*)::text
        from unnest(array['skirmish_owner', 'skirmish_ingest', 'skirmish_analyst', 'skirmish_auditor']) as w
        where not exists (select from pg_roles as o where o.rolname = w)
    ),
    -- Whoever may make roles may give themselves any; from version 16 on only those over which they are admin.
    (
        select coalesce(bool_and(
            r.rolsuper
            or pg_has_role(r.oid, o.oid, 'member with admin option')
            or case
                when current_setting('server_version_num')::int >= 160000 then pg_has_role(r.oid, o.oid, 'set')
                else r.rolcreaterole or pg_has_role(r.oid, o.oid, 'member')
            end
        ), true)::text
        from pg_roles as o
        where o.rolname = 'skirmish_owner'
    )
])
from pg_roles as r
where r.rolname = current_user
"""


def main():
    parser = argparse.ArgumentParser(
        prog="oltp/install",
        description="Install the schema into an empty PostgreSQL database, or bring an older one to the version of "
        "this folder, in one transaction: all of it or nothing. To do so twice changes nothing.",
        epilog="oltp/up makes a database first, if you have none.",
    )
    parser.add_argument("url", metavar="URL", help="postgres://user:password@host:port/database?sslmode=...")
    parser.add_argument("--renew", action="store_true", help="make procedures, triggers and views of this version anew")
    parser.add_argument("--beside", action="store_true", help="install into a database that has tables of others, too")
    parser.add_argument("--quiet", "-q", action="store_true", help="show nothing but errors")
    args = parser.parse_args()
    say = (lambda text: None) if args.quiet else (lambda text: print(text, file=sys.stderr, flush=True))
    before = install(Database(args.url, say), args.beside, args.renew)
    now = our_version()
    done = f"installed version {now}"
    if before == now:
        done = f"version {now}, made anew" if args.renew else f"version {now}, as before"
    say(f"{shown(args.url)}: {done}")
    return 0


def install(database, beside=False, renew=False):
    """Installs into a database; returns the version that it had before, 0 for none."""
    before = version_of(database)
    if before > our_version():
        raise Failure(
            Failure.REFUSED,
            f"{shown(database.url)}: has version {before} of the schema, this is {our_version()}; use the Skirmish "
            "that installed it, or a newer one",
        )
    if before == our_version() and not renew:
        return before
    if before == 0:
        refuse_strangers(database, beside)
    check_rights(database)
    database.execute(script(before))
    return before


def our_version():
    return int((OLTP / "schema" / "version").read_text(encoding="ascii"))


def version_of(database):
    """The version of the schema in a database, 0 if there is none."""
    if not database.ask("select 1 where to_regclass('game.schema_version') is not null"):
        return 0
    return int(database.ask("select coalesce(max(version), 0) from game.schema_version")[0])


def refuse_strangers(database, beside):
    """A database in which somebody else lives is not ours to fill."""
    taken = database.ask("select nspname from pg_namespace where nspname in ('game', 'api', 'audit') order by 1")
    if taken:
        raise Failure(
            Failure.REFUSED,
            f"{shown(database.url)}: has a schema {taken[0]} that is not of Skirmish; give a database of its own: "
            "createdb",
        )
    found = database.ask(
        "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema') "
        "and n.nspname !~ '^pg_(toast|temp)' order by 1 limit 1"
    )
    if found and not beside:
        raise Failure(
            Failure.REFUSED,
            f"{shown(database.url)}: has tables of others, such as {found[0]}; give a database of its own: createdb, "
            "or use --beside",
        )


def check_rights(database):
    """Says which right is missing before anything is tried."""
    version, login, may_create, may_make_roles, missing, may_be_owner = database.ask(RIGHTS)
    where = shown(database.url)
    if int(version) < OLDEST:
        raise Failure(Failure.INPUT, f"{where}: is PostgreSQL {version}; version {OLDEST} or newer is needed")
    if may_create != "true":
        raise Failure(
            Failure.INPUT,
            f"{where}: {login} may not create schemas here; let the owner say: grant create on "
            f"database ... to {login} with grant option",
        )
    if int(missing) and may_make_roles != "true":
        raise Failure(
            Failure.INPUT, f"{where}: {login} may not create roles; let a superuser say: alter role {login} createrole"
        )
    if may_be_owner != "true":
        raise Failure(
            Failure.INPUT,
            f"{where}: {login} may not become skirmish_owner, which somebody else has made on this server; let them "
            f'say: grant skirmish_owner to "{login}"',
        )


def script(before):
    """One script for everything, as the transaction runs it."""
    parts = [
        "select pg_advisory_xact_lock(hashtext('skirmish install'));",
        # Somebody else may have been at it since we looked.
        f"""do $$
        declare
            found integer := 0;
        begin
            if to_regclass('game.schema_version') is not null then
                execute 'select coalesce(max(version), 0) from game.schema_version' into found;
            end if;
            if found <> {before} then
                raise exception 'somebody else has installed meanwhile; install again';
            end if;
        end;
        $$;""",
        read("schema/roles.sql"),
        "set local role skirmish_owner;",
    ]
    if before == 0:
        parts += [read(path) for path in FRESH]
    else:
        # Nobody ingests meanwhile.
        parts.append("select pg_advisory_xact_lock(hashtext('skirmish days'));")
        parts.append(DROP_VIEWS)
        parts += [read(f"schema/upgrades/{version}.sql") for version in range(before + 1, our_version() + 1)]
    for folder in RENEWED:
        files = sorted(path.relative_to(OLTP) for path in (OLTP / folder).glob("*.sql"))
        parts += [read(path) for path in files]
    parts.append(read("schema/rights.sql"))
    if before < our_version():
        parts.append(f"insert into game.schema_version (version) values ({our_version()});")
    return "\n".join(parts)


def read(path):
    return (OLTP / path).read_text(encoding="utf-8")
