//! Why an ingestion fails.

use std::path::PathBuf;

use postgres::error::{DbError, SqlState};

use crate::inspect::InspectError;

/// Why an ingestion fails. Each names the thing and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// What was asked for makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The run cannot be used.
    #[error("{}: {why}", .run.display())]
    Run {
        /// The run.
        run: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// A table cannot be read.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// The database cannot be used as it is: no schema, another version, another run, no right.
    #[error("{database}: {why}")]
    Refused {
        /// The database, without its password.
        database: String,
        /// Why, and what to do.
        why: String,
    },
    /// The database cannot be reached, or has failed; what it has confirmed is there.
    #[error("{database}: {why}; what was confirmed is there, and the same command goes on")]
    Lost {
        /// The database, without its password.
        database: String,
        /// What happened.
        why: String,
    },
    /// There is no connection to the database.
    #[error("{database}: {why}; is it running, and is the URL right? What was confirmed before is there")]
    Unreachable {
        /// The database, without its password.
        database: String,
        /// What happened.
        why: String,
    },
    /// A procedure has refused rows of the run.
    #[error("{database}: {why}")]
    Rows {
        /// The database, without its password.
        database: String,
        /// What the procedure said.
        why: String,
    },
    /// Somebody has ended it.
    #[error("interrupted; what was confirmed is there, and the same command goes on")]
    Interrupted,
}

/// What to do about an error of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cure {
    /// Connect again, look how far the stream is, go on.
    Reconnect,
    /// Send the same again.
    Repeat,
    /// Nothing: tell the user.
    Tell,
}

/// What to do about an error.
pub fn cure(error: &postgres::Error) -> Cure {
    let Some(said) = error.as_db_error() else { return Cure::Reconnect };
    match *said.code() {
        SqlState::T_R_DEADLOCK_DETECTED | SqlState::T_R_SERIALIZATION_FAILURE => Cure::Repeat,
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW => Cure::Reconnect,
        _ => Cure::Tell,
    }
}

/// An error of the database in words.
pub fn explain(error: &postgres::Error, database: &str) -> IngestError {
    let database = database.to_owned();
    let Some(said) = error.as_db_error() else {
        let why = causes(error);
        if why.contains("password missing") {
            let why = "the server asks for a password; give it in the URL or in PGPASSWORD".into();
            return IngestError::Refused { database, why };
        }
        return IngestError::Lost { database, why };
    };
    let why = words(said);
    match *said.code() {
        SqlState::DISK_FULL => {
            IngestError::Lost { database, why: format!("the disk of the server is full ({why}); make room there") }
        }
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => IngestError::Refused {
            database,
            why: format!("{why}; check user and password, which may also be in PGPASSWORD"),
        },
        SqlState::INVALID_CATALOG_NAME => {
            IngestError::Refused { database, why: format!("{why}; make one: createdb, then oltp/install") }
        }
        SqlState::INSUFFICIENT_PRIVILEGE => IngestError::Refused {
            database,
            why: format!("{why}; let its owner say: grant skirmish_ingest to the login of this URL"),
        },
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW => {
            IngestError::Lost { database, why }
        }
        SqlState::READ_ONLY_SQL_TRANSACTION => IngestError::Refused {
            database,
            why: format!("{why}; it only reads, as a standby does: give the URL of one that takes rows"),
        },
        _ if said.code().code() == "SK008" => IngestError::Refused { database, why },
        _ if said.code().code().starts_with("SK") => IngestError::Rows { database, why },
        _ => IngestError::Lost { database, why: format!("{why} ({})", said.code().code()) },
    }
}

fn words(said: &DbError) -> String {
    match said.hint() {
        Some(hint) => format!("{}; {hint}", said.message()),
        None => said.message().to_owned(),
    }
}

/// An error with what caused it: the outermost alone says only that connecting failed.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = inner.source();
    }
    text
}
