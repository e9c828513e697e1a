//! A database that is fed: a connection, and procedures that take columns.

use std::collections::HashMap;
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Statement, Transaction};

use super::address::Address;
use super::ingest_error::{Cure, IngestError, cure, explain};

/// The version of the schema that this program feeds.
const SCHEMA_VERSION: &str = include_str!("../../oltp/schema/version");
/// Who ingests, whatever the login may do besides.
const ROLE: &str = "skirmish_ingest";

/// Arguments of a batch, or single values.
pub type Arguments<'a> = Vec<Box<dyn ToSql + Sync + 'a>>;

/// How long a database that is gone is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
const KNOCK_EVERY: Duration = Duration::from_millis(500);

/// A connection that is opened again when it is lost.
pub struct Uplink<'a> {
    address: &'a Address,
    /// Any of them ends it.
    stops: [&'a AtomicBool; 2],
    database: Option<Database>,
    /// Whether the database is known to be there: then it is waited for.
    is_known: bool,
}

impl<'a> Uplink<'a> {
    /// To a database, opened when it is needed.
    pub fn new(address: &'a Address, stops: [&'a AtomicBool; 2], is_known: bool) -> Self {
        Self { address, stops, database: None, is_known }
    }

    /// Does something in one transaction, again and again while it is worth it: it must be such that to do it twice is to do
    /// it once, because a commit that was not heard of may have happened.
    pub fn persist<T>(
        &mut self,
        work: impl Fn(&mut Batch<'_>) -> Result<T, postgres::Error>,
    ) -> Result<T, IngestError> {
        loop {
            self.check_stop()?;
            let database = match self.database.take() {
                Some(database) => database,
                None => self.connect()?,
            };
            self.is_known = true;
            let error = match self.database.insert(database).transact(&work) {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            match cure(&error) {
                Cure::Repeat => {}
                Cure::Reconnect => self.database = None,
                Cure::Tell => return Err(explain(&error, self.address.shown())),
            }
        }
    }

    /// Whether it has been ended.
    pub fn check_stop(&self) -> Result<(), IngestError> {
        let is_over = self.stops.iter().any(|stop| stop.load(Ordering::Relaxed));
        if is_over { Err(IngestError::Interrupted) } else { Ok(()) }
    }

    /// Connects; waits with patience for a database that is known to be there.
    fn connect(&self) -> Result<Database, IngestError> {
        let since = Instant::now();
        loop {
            match Database::connect(self.address) {
                Err(IngestError::Lost { .. } | IngestError::Unreachable { .. })
                    if self.is_known && since.elapsed() < PATIENCE =>
                {
                    self.check_stop()?;
                    std::thread::sleep(KNOCK_EVERY);
                }
                result => return result,
            }
        }
    }
}

/// A connection.
struct Database {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

impl Database {
    /// Connects, takes the ingester's role and looks whether the schema is the one that is known.
    fn connect(address: &Address) -> Result<Self, IngestError> {
        let told = |error: &postgres::Error| explain(error, address.shown());
        let mut client = address.connect().map_err(|error| match told(&error) {
            IngestError::Lost { database, why } => IngestError::Unreachable { database, why },
            other => other,
        })?;
        let schema = "select to_regprocedure('api.schema_version()') is not null";
        let has_schema: bool = client.query_one(schema, &[]).map_err(|error| told(&error))?.get(0);
        let refused = |why: String| IngestError::Refused { database: address.shown().to_owned(), why };
        if !has_schema {
            return Err(refused("has no schema of Skirmish; install it: oltp/install URL".into()));
        }
        // Notices of a server are not for whoever ingests.
        // A transaction sees what others have committed meanwhile, whatever the database is set to.
        let settings = format!(
            "set client_min_messages = warning; set default_transaction_isolation = 'read committed'; \
             set default_transaction_read_only = off; set role {ROLE}"
        );
        client.batch_execute(&settings).map_err(|error| told(&error))?;
        let version: i32 = client.query_one("select api.schema_version()", &[]).map_err(|error| told(&error))?.get(0);
        let ours: i32 = SCHEMA_VERSION.trim().parse().unwrap_or_default();
        match version.cmp(&ours) {
            std::cmp::Ordering::Equal => Ok(Self { client, statements: HashMap::new() }),
            std::cmp::Ordering::Less => Err(refused(format!(
                "has version {version} of the schema, this skirmish feeds {ours}; bring it up to date: oltp/install URL"
            ))),
            std::cmp::Ordering::Greater => Err(refused(format!(
                "has version {version} of the schema, this skirmish feeds {ours}; use the skirmish of that version"
            ))),
        }
    }

    /// Does something in one transaction.
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Batch<'_>) -> Result<T, postgres::Error>,
    ) -> Result<T, postgres::Error> {
        let mut batch = Batch { transaction: self.client.transaction()?, statements: &mut self.statements };
        let value = work(&mut batch)?;
        batch.transaction.commit()?;
        Ok(value)
    }
}

/// What is sent in one transaction.
pub struct Batch<'c> {
    transaction: Transaction<'c>,
    statements: &'c mut HashMap<&'static str, Statement>,
}

impl Batch<'_> {
    /// Calls a procedure of `api`.
    pub fn call(&mut self, procedure: &'static str, arguments: Arguments<'_>) -> Result<(), postgres::Error> {
        let statement = self.statement(procedure, arguments.len())?;
        let arguments: Vec<&(dyn ToSql + Sync)> = arguments.iter().map(|argument| &**argument).collect();
        self.transaction.execute(&statement, &arguments).map(drop)
    }

    /// Calls a procedure that answers with a moment, milliseconds since 1970.
    pub fn ask_moment(&mut self, procedure: &'static str, arguments: Arguments<'_>) -> Result<i64, postgres::Error> {
        let statement = self.statement(procedure, arguments.len())?;
        let arguments: Vec<&(dyn ToSql + Sync)> = arguments.iter().map(|argument| &**argument).collect();
        let moment: std::time::SystemTime = self.transaction.query_one(&statement, &arguments)?.get(0);
        let since = moment.duration_since(std::time::UNIX_EPOCH);
        Ok(since.map_or_else(|before| -(before.duration().as_millis() as i64), |after| after.as_millis() as i64))
    }

    fn statement(&mut self, procedure: &'static str, arguments: usize) -> Result<Statement, postgres::Error> {
        if let Some(statement) = self.statements.get(procedure) {
            return Ok(statement.clone());
        }
        let places: Vec<String> = (1..=arguments).map(|n| format!("${n}")).collect();
        let statement = self.transaction.prepare(&format!("call api.{procedure}({})", places.join(", ")))?;
        self.statements.insert(procedure, statement.clone());
        Ok(statement)
    }
}

/// A moment, milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Moment(pub i64);

/// Milliseconds from 1970 to 2000, where PostgreSQL counts from.
const EPOCH_MS: i64 = 946_684_800_000;

impl ToSql for Moment {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&((self.0 - EPOCH_MS) * 1000).to_be_bytes());
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::TIMESTAMPTZ
    }

    to_sql_checked!();
}

/// A calendar day, days since 1970.
#[derive(Clone, Copy, Debug)]
pub struct CalendarDay(pub i32);

impl ToSql for CalendarDay {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&(self.0 - (EPOCH_MS / 86_400_000) as i32).to_be_bytes());
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::DATE
    }

    to_sql_checked!();
}

/// A JSON document.
#[derive(Clone, Copy, Debug)]
pub struct Document<'t>(pub &'t str);

impl ToSql for Document<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        // The version of the binary form.
        out.extend_from_slice(&[1]);
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::JSONB
    }

    to_sql_checked!();
}
