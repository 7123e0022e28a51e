//! What really happened: hashes of the tables before and after, and secrets searched for in what came back.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Once;

use inventiv_server::plumbing::telemetry::directives;
use sqlx::PgPool;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{fmt, registry};

use crate::harness::Answer;
use crate::harness::world::{Belongings, Side, World};
use crate::isolation::classes::TABLES;

/// What reading may leave behind: when somebody was last seen, and counters of failed attempts.
const VOLATILE_COLUMNS: &str = "'{last_used_at,last_seen_at,ip_address}'::text[]";
const VOLATILE_TABLES: &[&str] = &["login_throttles"];

/// One hash per table, over the rows that its condition selects, in one question.
async fn hashes(owner: &PgPool, conditions: Vec<(&'static str, String)>) -> BTreeMap<String, String> {
    let parts: Vec<String> = conditions
        .into_iter()
        .filter(|(table, _)| !VOLATILE_TABLES.contains(table))
        .map(|(table, condition)| {
            format!(
                "SELECT '{table}', concat(count(*), ' rows ', md5(string_agg(row, '|' ORDER BY row)))
                    FROM (SELECT (to_jsonb(t) - {VOLATILE_COLUMNS})::text AS row FROM {table} t WHERE {condition}) rows"
            )
        })
        .collect();
    let hashes: Vec<(String, String)> = sqlx::query_as(sqlx::AssertSqlSafe(parts.join(" UNION ALL ")))
        .fetch_all(owner)
        .await
        .unwrap();
    hashes.into_iter().collect()
}

/// A hash of every table.
pub async fn of_everything(owner: &PgPool) -> BTreeMap<String, String> {
    let everything = TABLES.iter().map(|(table, _)| (*table, "true".to_owned()));
    hashes(owner, everything.collect()).await
}

/// A hash of what belongs to one side in every table.
pub async fn of_side(owner: &PgPool, side: &Belongings) -> BTreeMap<String, String> {
    let tables = TABLES.iter().filter(|(_, class)| class.has_tenants());
    let conditions = tables.map(|(table, class)| (*table, class.belongs_to(side.tenant, &side.people)));
    hashes(owner, conditions.collect()).await
}

/// Everything of an answer that must not tell a foreign thing from an absent one: status, headers and body, but for the request
/// id, the date, and the id that was asked for where the answer repeats it.
pub fn without_request_id(answer: &Answer, asked: Option<&str>) -> String {
    let request_id = answer
        .headers
        .get("x-request-id")
        .map(|id| id.to_str().unwrap().to_owned())
        .unwrap_or_default();
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    let body = if request_id.is_empty() {
        answer.text.clone()
    } else {
        answer.text.replace(&request_id, "")
    };
    let body = without_asked(&body, asked);
    format!("{}\n{}\n\n{body}", answer.status, headers.join("\n"))
}

/// A text without the id that the caller itself brought along.
pub fn without_asked(text: &str, asked: Option<&str>) -> String {
    asked.map_or(text.to_owned(), |asked| text.replace(asked, ""))
}

/// What an act queued for the post, as text with the recipients, and what of it is a secret of somebody other than who reads it.
/// A recipient of no side reads what the sender's side may.
pub async fn mails(owner: &PgPool, world: &World, sender: Side) -> (usize, Vec<String>) {
    let mails: Vec<(String, String)> =
        sqlx::query_as("SELECT recipient, to_jsonb(o)::text FROM outbox o WHERE parameters IS NOT NULL")
            .fetch_all(owner)
            .await
            .unwrap();
    let leaks = mails.iter().filter_map(|(recipient, mail)| {
        let reader = Side::ALL
            .into_iter()
            .find(|side| recipient.contains(side.marker()))
            .unwrap_or(sender);
        let secrets = world.secrets_of_others(reader);
        leak(mail, &secrets).map(|secret| format!("a mail to {recipient} shows {secret}: {mail}"))
    });
    (mails.len(), leaks.collect())
}

/// The first secret that stands in a text.
pub fn leak<'a>(text: &str, secrets: &'a [String]) -> Option<&'a str> {
    secrets.iter().map(String::as_str).find(|secret| text.contains(secret))
}

thread_local! {
    static LOG: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// The program's log of this thread, which is where a test's server runs.
pub struct CapturedLog;

struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.iter_mut().for_each(|log| log.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl CapturedLog {
    /// Everything our own code says, and what operators get of the rest.
    pub fn start() -> Self {
        // One subscriber for all threads: scoped ones disable each other's call sites.
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            let lines = fmt::layer().with_ansi(false).with_writer(|| Sink);
            let filter = directives("info,inventiv_server=debug,sqlx=warn").unwrap();
            registry().with(filter).with(lines).init();
        });
        LOG.set(Some(Vec::new()));
        Self
    }

    pub fn text(&self) -> String {
        let bytes = LOG.with_borrow(|log| log.clone().unwrap_or_default());
        String::from_utf8(bytes).unwrap()
    }
}
