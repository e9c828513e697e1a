//! The operational database where something is wrong or other than usual: bad input, full disks, older schemas, rights,
//! connections, servers. Skipped by name unless SKIRMISH_TESTS=all.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli::{is_mountable, skirmish, stderr, stdout};
use crate::database::{Server, connect, ingest, ingested, oltp, one, same_as_the_run};
use crate::support::TempDir;
use crate::warehouse::{python_here, small, wait_until};

#[test]
fn bad_input_is_refused_with_a_remedy() {
    let Some(server) = Server::start("what ingest refuses") else { return };
    let folder = TempDir::new();
    let run = small(folder.path(), "run", &["clock.days=1"]);
    let url = server.database("bad");
    let refused = |run: &Path, url: &str, more: &[&str], code: i32, words: &str| {
        let output = ingest(run, url, more);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{words}: {said}");
        assert!(said.contains(words) && !said.contains("panicked"), "{words} in {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    };
    refused(&run, "mysql://host/db", &[], 2, "is no URL such as postgres://");
    refused(&run, &format!("{url}&sslmode=sometimes"), &[], 2, "verify-full");
    refused(&run, &format!("{url}&colour=red"), &[], 2, "colour");
    refused(&run, "postgres://nobody@127.0.0.1:1/x", &[], 5, "is it running, and is the URL right?");
    refused(&run, &url.replace("/bad?", "/nowhere?"), &[], 4, "createdb, then oltp/install");
    refused(&run, &server.empty_database("bare"), &[], 4, "install it: oltp/install URL");
    refused(&run, &url, &["--tables", "encounters"], 2, "there are heartbeats, kills, purchases");
    refused(folder.path(), &url, &[], 3, "is no run");
    let without = small(folder.path(), "without", &["clock.days=1", "output.tables.matches=false"]);
    refused(&without, &url, &[], 3, "output.tables.matches = true");
    let no_kills = small(folder.path(), "no_kills", &["clock.days=1", "output.tables.kills=false"]);
    refused(&no_kills, &url, &["--tables", "kills"], 3, "leave kills out of --tables");
    refused(&no_kills, &url, &[], 2, "heartbeats without kills");
    // What a run has not is told, because it may be meant.
    let unsold = small(folder.path(), "unsold", &["clock.days=1", "output.tables.purchases=false"]);
    let elsewhere = server.database("unsold");
    let output = skirmish(&unsold, &["ingest", unsold.to_str().unwrap(), "--to", &elsewhere]);
    assert!(stdout(&output).contains("output.tables.purchases = true"), "{}{}", stdout(&output), stderr(&output));
    let edited = |change: &dyn Fn(&mut serde_json::Value)| {
        let path = run.join("run.json");
        let before = std::fs::read(&path).unwrap();
        let mut said = serde_json::from_slice(&before).unwrap();
        change(&mut said);
        std::fs::write(&path, said.to_string()).unwrap();
        (path, before)
    };
    let (path, before) = edited(&|said| said["data_version"] = 3.into());
    refused(&run, &url, &[], 3, "has data version 3");
    std::fs::write(&path, &before).unwrap();
    edited(&|said| said["status"] = "interrupted".into());
    refused(&run, &url, &["--follow"], 3, "its status is interrupted");
    refused(&run, &url, &[], 3, "its status is interrupted");
    std::fs::write(&path, &before).unwrap();

    // A password that is wrong, and a login that may not.
    let mut client = connect(&url);
    client.batch_execute("create role stranger login password 'right'; create role guest login").unwrap();
    let hba = server.dir().join("data/pg_hba.conf");
    let rules = std::fs::read_to_string(&hba).unwrap();
    std::fs::write(&hba, format!("local all stranger scram-sha-256\n{rules}")).unwrap();
    client.batch_execute("select pg_reload_conf()").unwrap();
    wait_until("a server that asks for passwords", || {
        let wrong = ingest(&run, &url.replace("user=postgres", "user=stranger&password=wrong"), &[]);
        stderr(&wrong).contains("password")
    });
    let wrong = url.replace("user=postgres", "user=stranger&password=wrong");
    refused(&run, &wrong, &[], 4, "which may also be in PGPASSWORD");
    assert!(!stderr(&ingest(&run, &wrong, &[])).contains("wrong&"), "passwords are not shown");
    let right = url.replace("user=postgres", "user=stranger&password=right");
    refused(&run, &right, &[], 4, "grant skirmish_ingest to the login");
    assert_eq!(one(&mut client, "select count(*) from game.run"), "0", "nothing has changed");
    client.batch_execute("grant skirmish_ingest to stranger").unwrap();
    ingested(&run, &right, &[]);
    same_as_the_run(&run, &url);
    assert_eq!(
        one(&mut client, "select distinct changed_by from audit.audit_log where table_name = 'game.session'"),
        "stranger"
    );

    // A newer schema, and an older one.
    client.batch_execute("insert into game.schema_version (version) values (99)").unwrap();
    refused(&run, &url, &[], 4, "use the skirmish of that version");
    let output = oltp("install", &[&url]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(stderr(&output).contains("has version 99 of the schema"), "{}", stderr(&output));
    client
        .batch_execute("delete from game.schema_version; insert into game.schema_version (version) values (0)")
        .unwrap();
    refused(&run, &url, &[], 4, "bring it up to date: oltp/install URL");
}

#[test]
fn a_full_disk_of_the_server_loses_nothing() {
    let Some(server) = Server::start("a server whose disk is full") else { return };
    if !is_mountable() {
        assert!(std::env::var_os("SKIRMISH_REQUIRE_MOUNT").is_none_or(|value| value != "1"), "nothing can be mounted");
        return crate::support::skipped("this system cannot mount a small file system for a server's full disk");
    }
    let folder = TempDir::new();
    let run = small(folder.path(), "run", &["population.players=1500"]);
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let disk = disk.to_str().unwrap();
    let shell =
        |command: &str| assert!(Command::new("sh").args(["-c", command]).status().unwrap().success(), "{command}");
    shell(&format!("mount -t tmpfs -o size=40m tmpfs {disk}"));
    shell(&format!("chown --reference={}/data {disk}", server.dir().display()));
    let mut client = connect(&server.url_of("postgres"));
    client.batch_execute(&format!("create tablespace small location '{disk}'")).unwrap();
    client.batch_execute("create database full_disk template skirmish strategy file_copy tablespace small").unwrap();
    let url = server.url_of("full_disk");
    let output = ingest(&run, &url, &[]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("the disk of the server is full") && said.contains("make room there"), "{said}");
    shell(&format!("mount -o remount,size=400m {disk}"));
    ingested(&run, &url, &[]);
    same_as_the_run(&run, &url);
    client.batch_execute("drop database full_disk with (force)").unwrap();
    client.batch_execute("drop tablespace small").unwrap();
    shell(&format!("umount {disk}"));
}

#[test]
fn the_schema_installs_into_what_is_empty_or_older_and_nothing_else() {
    let Some(server) = Server::start("installing the schema") else { return };
    let state = |url: &str| {
        let query = "select string_agg(x, ';' order by x) from (\
            select format('%s.%s %s', table_schema, table_name, string_agg(column_name || ' ' || data_type, ',' \
            order by ordinal_position)) as x from information_schema.columns where table_schema in ('game', 'api', 'audit') \
            group by table_schema, table_name \
            union all select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint \
            where connamespace in ('game'::regnamespace, 'audit'::regnamespace) \
            union all select oid::regprocedure || ' ' || md5(pg_get_functiondef(oid)) || coalesce(proacl::text, '') from \
            pg_proc where pronamespace in ('game'::regnamespace, 'audit'::regnamespace, 'api'::regnamespace) \
            union all select tgrelid::regclass || ' ' || tgname || ' ' || pg_get_triggerdef(oid) from pg_trigger \
            where not tgisinternal \
            union all select c.oid::regclass || ' ' || coalesce(c.relacl::text, '') from pg_class c where c.relnamespace in \
            ('game'::regnamespace, 'audit'::regnamespace, 'api'::regnamespace)) s";
        one(&mut connect(url), query)
    };
    let url = server.database("again");
    let before = state(&url);
    assert!(before.len() > 10_000);
    let audited = one(&mut connect(&url), "select count(*) from audit.audit_log");
    for (more, said) in [(&[][..], "as before"), (&["--renew"], "made anew"), (&[], "as before")] {
        let output = oltp("install", &[&[url.as_str()], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    assert_eq!(state(&url), before, "to install twice changes nothing");
    assert_eq!(one(&mut connect(&url), "select count(*) from audit.audit_log"), audited);

    // A database of the first version becomes what a new one is.
    let old = server.database("old");
    let undo = "drop schema api cascade; create schema api authorization skirmish_owner; \
                drop table game.sale, game.level_up, game.ban; delete from game.schema_version; \
                insert into game.schema_version (version) values (1)";
    connect(&old).batch_execute(undo).unwrap();
    // As it was: with a view that is renewed, and nothing of what has come since.
    let view = "set role skirmish_owner; create view api.active_players as select 1 as day";
    connect(&old).batch_execute(view).unwrap();
    assert_eq!(oltp("install", &[&old]).status.code(), Some(0));
    assert_eq!(state(&old), before, "an upgraded database is a new one");

    // A newer version of this folder, whose second step fails: then nothing of it is there.
    let copy = TempDir::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["oltp", "warehouse"] {
        let copied = Command::new("cp").args(["-r"]).arg(root.join(folder)).arg(copy.path()).status().unwrap();
        assert!(copied.success());
    }
    let schema = copy.path().join("oltp/schema");
    std::fs::create_dir_all(schema.join("upgrades")).unwrap();
    let newest: u32 = std::fs::read_to_string(schema.join("version")).unwrap().trim().parse().unwrap();
    let upgrade = |n: u32, script: &str| {
        std::fs::write(schema.join(format!("upgrades/{}.sql", newest + n)), script).unwrap();
    };
    std::fs::write(schema.join("version"), format!("{}\n", newest + 2)).unwrap();
    upgrade(1, "alter table game.map add column colour text;\n");
    upgrade(2, "alter table game.nothing add column colour text;\n");
    let install = || python_here(copy.path().join("oltp/install")).arg(&url).output().unwrap();
    let output = install();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("game.nothing"), "{}", stderr(&output));
    assert_eq!(state(&url), before, "a failed upgrade leaves nothing");
    upgrade(2, "alter table game.map add column shade text;\n");
    assert_eq!(install().status.code(), Some(0));
    let mut client = connect(&url);
    assert_eq!(one(&mut client, "select max(version) from game.schema_version"), (newest + 2).to_string());
    client.batch_execute("select colour, shade from game.map").unwrap();

    // What is not ours is left alone.
    let refused = |url: &str, more: &[&str], code: i32, words: &str| {
        let output = oltp("install", &[&[url], more].concat());
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{words} in {}", stderr(&output));
    };
    let theirs = server.empty_database("theirs");
    connect(&theirs).batch_execute("create table \"it's\" (n int)").unwrap();
    refused(&theirs, &[], 4, "has tables of others, such as public.\"it's\"");
    assert_eq!(oltp("install", &[&theirs, "--beside"]).status.code(), Some(0));
    let taken = server.empty_database("taken");
    connect(&taken).batch_execute("create schema audit").unwrap();
    refused(&taken, &["--beside"], 4, "has a schema audit that is not of Skirmish");
    let poor = server.empty_database("poor");
    connect(&poor).batch_execute("create role poor login").unwrap();
    refused(&poor.replace("user=postgres", "user=poor"), &[], 3, "poor may not create schemas here");
    refused(&url.replace("/again?", "/nowhere?"), &[], 5, "does not exist");
    refused("host=/tmp", &[], 2, "is no URL of a database");
    // The diagram is that of the catalogue.
    let output = oltp("diagram", &[&server.url]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let drawn = std::fs::read_to_string(root.join("oltp/docs/er-diagram.dot")).unwrap();
    assert_eq!(stdout(&output), drawn, "run: oltp/diagram URL --write");
    let again = oltp("up", &["--quiet", "--dir", server.dir().to_str().unwrap()]);
    assert_eq!(stdout(&again).trim(), server.url, "to start it twice finds it running");
    let given = oltp("up", &["--quiet", &server.empty_database("given")]);
    assert_eq!(stdout(&given).trim(), server.url_of("given"));
    assert_eq!(
        one(&mut connect(&server.url_of("given")), "select max(version) from game.schema_version"),
        newest.to_string()
    );
}

#[test]
fn the_server_of_the_package_does_as_well() {
    let Some(server) = Server::start_with("PostgreSQL from a Python package", "wheel") else { return };
    let folder = TempDir::new();
    let run = small(folder.path(), "run", &["clock.days=2"]);
    let url = server.database("wheel");
    let version = one(&mut connect(&url), "select version()");
    assert!(version.starts_with("PostgreSQL 16"), "{version}");
    ingested(&run, &url, &[]);
    same_as_the_run(&run, &url);
    // Its folder is not given to another command by mistake, and stays when it is stopped.
    let strange = folder.path().join("strange");
    std::fs::create_dir(&strange).unwrap();
    std::fs::write(strange.join("mine"), "").unwrap();
    let output = oltp("up", &["--dir", strange.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let output = oltp("down", &["--dir", strange.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let dir = server.dir();
    let dir = dir.to_str().unwrap();
    assert!(stderr(&oltp("down", &["--dir", dir])).contains("stopped"));
    assert!(stderr(&oltp("down", &["--dir", dir])).contains("was not running"));
    assert!(server.up().status.success());
    same_as_the_run(&run, &url);
}

#[test]
fn who_installs_need_not_be_superuser() {
    for server in Server::each("installation by somebody who may make roles") {
        let mut client = connect(&server.url_of("postgres"));
        // As on a server that has never seen the schema, for people who are no superusers.
        for statement in [
            "drop database skirmish",
            "drop role skirmish_owner, skirmish_ingest, skirmish_analyst, skirmish_auditor",
            "create role maker login createrole",
            "create role other login createrole",
            "create role nobody_much login",
            "create database of_maker owner maker",
            "create database of_other owner other",
            "create database of_nobody owner nobody_much",
        ] {
            client.batch_execute(statement).unwrap();
        }
        let install = |database: &str, user: &str| {
            let url = server.url_of(database).replace("user=postgres", &format!("user={user}"));
            oltp("install", &["--quiet", &url])
        };
        let output = install("of_nobody", "nobody_much");
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(stderr(&output).contains("createrole"), "{}", stderr(&output));
        let output = install("of_maker", "maker");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(install("of_maker", "maker").status.code(), Some(0));
        // Roles belong to the server; from version 16 on, to those who made them.
        let output = install("of_other", "other");
        if server.source == "wheel" {
            assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
            assert!(stderr(&output).contains("grant skirmish_owner to \"other\""), "{}", stderr(&output));
        } else {
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        }
    }
}

#[test]
fn connections_are_as_secret_as_the_url_says() {
    let Some(server) = Server::start("TLS of every mode") else { return };
    let folder = TempDir::new();
    let run = small(folder.path(), "run", &["clock.days=1"]);
    // A signed certificate for localhost, and another authority that has signed nothing.
    let script = "set -e; cd \"$1\"\n\
        openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=authority -days 2 2>/dev/null\n\
        openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.crt -subj /CN=other -days 2 2>/dev/null\n\
        openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost 2>/dev/null\n\
        printf 'subjectAltName=DNS:localhost' > names\n\
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile names \
        2>/dev/null\n\
        cp server.crt server.key \"$2\"; chmod 600 \"$2/server.key\"; chown --reference=\"$2\" \"$2/server.key\" \"$2/server.crt\"";
    let data = server.dir().join("data");
    let made = Command::new("bash").args(["-c", script, "-"]).arg(folder.path()).arg(&data).status().unwrap();
    assert!(made.success());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = format!("ssl = on\nlisten_addresses = '127.0.0.1'\nport = {port}\n");
    let path = data.join("postgresql.conf");
    let before = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, before + &settings).unwrap();
    let rules = "local all all trust\nhostssl all secret 127.0.0.1/32 trust\nhostnossl all plain 127.0.0.1/32 trust\n";
    std::fs::write(data.join("pg_hba.conf"), rules).unwrap();
    let url = server.database("tls");
    let roles = "create role secret login in role skirmish_ingest; create role plain login in role skirmish_ingest";
    connect(&url).batch_execute(roles).unwrap();
    let dir = server.dir();
    oltp("down", &["--dir", dir.to_str().unwrap()]);
    // Its socket has the port's number now, which `up` does not look for: it is started by hand.
    let account = "cd /; if [ $(id -u) = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups \"$@\"; else \"$@\"; fi";
    let program = stdout(
        &Command::new("bash").args(["-c", "ls -d /usr/lib/postgresql/*/bin/pg_ctl | tail -1"]).output().unwrap(),
    );
    let mut start = Command::new("bash");
    start.args(["-c", account, "-", program.trim(), "-w", "-s", "-D"]).arg(&data).arg("-l").arg(dir.join("log"));
    start.args(["-o", &format!("-c unix_socket_directories='{}'", data.display()), "start"]);
    assert!(start.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
    let to = |user: &str, host: &str, mode: &str, root: &str| {
        let root =
            if root.is_empty() { String::new() } else { format!("&sslrootcert={}/{root}", folder.path().display()) };
        format!("postgres://{user}@{host}:{port}/tls?sslmode={mode}{root}")
    };
    let cases = [
        ("secret", "localhost", "disable", "", false),
        ("secret", "localhost", "allow", "", true),
        ("secret", "localhost", "prefer", "", true),
        ("secret", "localhost", "require", "", true),
        ("secret", "localhost", "require", "ca.crt", true),
        ("secret", "localhost", "require", "other.crt", false),
        ("secret", "127.0.0.1", "verify-ca", "ca.crt", true),
        ("secret", "127.0.0.1", "verify-ca", "other.crt", false),
        ("secret", "127.0.0.1", "verify-full", "ca.crt", false),
        ("secret", "localhost", "verify-full", "ca.crt", true),
        ("plain", "localhost", "disable", "", true),
        ("plain", "localhost", "allow", "", true),
        ("plain", "localhost", "prefer", "", true),
        ("plain", "localhost", "require", "", false),
    ];
    for (user, host, mode, root, goes) in cases {
        let output = ingest(&run, &to(user, host, mode, root), &[]);
        assert_eq!(output.status.success(), goes, "{user} {host} {mode} {root}: {}", stderr(&output));
    }
    let mut stop = Command::new("bash");
    stop.args(["-c", account, "-", program.trim(), "-w", "-s", "-m", "fast", "-D"]).arg(&data).arg("stop");
    stop.status().unwrap();
}

#[test]
fn commands_that_were_copied_alone_say_what_is_not_there() {
    let folder = TempDir::new();
    let alone = folder.path().join("oltp");
    std::fs::create_dir(&alone).unwrap();
    for command in ["up", "down", "install"] {
        let copy = alone.join(command);
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("oltp").join(command), &copy).unwrap();
        let output = Command::new("python3").arg(&copy).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("copy it together with oltp") && said.lines().count() == 1, "{command}: {said}");
    }
}

#[test]
fn every_shipped_file_of_sql_is_installed() {
    // Needs no server: what the installer would run is all that there is.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("oltp");
    let script = "import sys\nsys.path.insert(0, sys.argv[1])\nfrom commands import install\nprint(install.script(0))";
    let output = python_here("python3").args(["-c", script]).arg(&root).output().unwrap();
    if !output.status.success() {
        return crate::support::skipped(&format!("no Python for the installer: {}", stderr(&output)));
    }
    let script = stdout(&output);
    let files = crate::support::files_below(&root);
    // What brings an older database up is not for a new one.
    let is_new = |path: &&String| path.ends_with(".sql") && !path.starts_with("schema/upgrades/");
    let sql: Vec<_> = files.iter().filter(is_new).collect();
    assert!(sql.len() > 40);
    for path in sql {
        let text = std::fs::read_to_string(root.join(path)).unwrap();
        assert!(script.contains(text.trim_end()), "{path}");
        // One routine a file of procedures, named like it.
        if path.starts_with("stored-procedures/") {
            let name = Path::new(path).file_stem().unwrap().to_str().unwrap();
            assert_eq!(text.matches("create or replace").count(), 1, "{path}");
            assert!(text.contains(&format!(".{name}(")), "{path}");
        }
    }
}
