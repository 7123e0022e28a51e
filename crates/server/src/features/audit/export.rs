//! Entries as files: CSV for spreadsheets, JSON lines for programs.

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::try_unfold;
use serde::{Deserialize, Serialize};

use super::Audit;
use super::http::Entry;
use super::reading::{Filter, Reading, list_again};
use crate::error::{Error, Result};
use crate::operation::Operation;
use crate::permissions::Permission;
use crate::plumbing::edge::paging::Paging;

/// An export ends after so many entries; `to` of the next one is the time of the last.
pub const MOST_ENTRIES: usize = 100_000;
/// Entries read at a time: no transaction outlives a page, however slowly the file is taken.
pub const PAGE: u32 = 200;

const COLUMNS: [&str; 14] = [
    "occurred_at",
    "chain",
    "sequence",
    "actor_kind",
    "actor_id",
    "actor_email",
    "actor_name",
    "action",
    "target_type",
    "target_id",
    "before",
    "after",
    "ip_address",
    "request_id",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Csv,
    Jsonl,
}

impl Format {
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Jsonl => "application/jsonl",
        }
    }

    pub fn file_name(self) -> &'static str {
        match self {
            Format::Csv => "audit-log.csv",
            Format::Jsonl => "audit-log.jsonl",
        }
    }

    fn heading(self) -> String {
        match self {
            // The mark says UTF-8 to spreadsheets, which take the file for the system's own encoding without it.
            Format::Csv => format!("\u{feff}{}\r\n", COLUMNS.join(",")),
            Format::Jsonl => String::new(),
        }
    }

    fn line(self, entry: &Entry) -> Result<String> {
        match self {
            Format::Csv => Ok(csv_line(entry)),
            Format::Jsonl => Ok(serde_json::to_string(entry).map_err(Error::internal)? + "\n"),
        }
    }
}

/// What an export still has to do.
struct Rest {
    audit: Audit,
    operation: Operation,
    filter: Filter,
    paging: Paging,
    format: Format,
    written: usize,
    /// What to write next; `None` at the end.
    page: Option<Reading>,
}

/// The file, page by page, beginning with one that was read already.
pub fn file(
    audit: Audit,
    operation: Operation,
    filter: Filter,
    paging: Paging,
    format: Format,
    first: Reading,
) -> impl Stream<Item = Result<Bytes>> {
    let rest = Rest {
        audit,
        operation,
        filter,
        paging,
        format,
        written: 0,
        page: Some(first),
    };
    try_unfold(rest, |mut rest| async move {
        let Some(page) = rest.page.take() else {
            return Ok(None);
        };
        let mut text = if rest.written == 0 {
            rest.format.heading()
        } else {
            String::new()
        };
        let left = MOST_ENTRIES - rest.written;
        for entry in page.entries.into_iter().take(left) {
            text.push_str(&rest.format.line(&entry.into())?);
            rest.written += 1;
        }
        rest.paging.after = page.next;
        if page.next.is_some() && rest.written < MOST_ENTRIES {
            let authorized = rest.operation.require(Permission::AuditRead)?;
            rest.page = Some(list_again(&rest.audit, authorized, &rest.filter, &rest.paging).await?);
        }
        Ok(Some((Bytes::from(text), rest)))
    })
}

fn csv_line(entry: &Entry) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let id = |value: Option<uuid::Uuid>| value.map(|id| id.to_string()).unwrap_or_default();
    let json = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    let fields = [
        entry.occurred_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        entry.chain.to_owned(),
        entry.sequence.to_string(),
        entry.actor.kind.clone(),
        id(entry.actor.id),
        text(&entry.actor.email),
        text(&entry.actor.name),
        entry.action.clone(),
        entry.target_type.clone(),
        id(entry.target_id),
        json(&entry.before),
        json(&entry.after),
        text(&entry.ip_address),
        id(entry.request_id),
    ];
    fields.map(|field| csv_field(&field)).join(",") + "\r\n"
}

/// Quoted where it must be. A spreadsheet must not take a name somebody chose for a formula, so such a text gets an apostrophe; inside of
/// it too, as in many countries a spreadsheet ends cells at semicolons whatever the quotes around the whole text.
fn csv_field(text: &str) -> String {
    let text = without_formulas(text);
    if text.contains(['"', ',', ';', '\t', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// With an apostrophe wherever a cell may begin with a formula.
fn without_formulas(text: &str) -> String {
    let begins = |character: char| "=+-@|%＝＋－＠−".contains(character);
    let controls = text.trim_start_matches(' ').starts_with(char::is_control);
    let mut safe = if controls { String::from("'") } else { String::new() };
    for cell in text.split_inclusive([',', ';', '\t', '\n', '\r']) {
        // Blanks and quotes before it don't keep a spreadsheet from calculating, and neither does another width of the sign.
        let shown = cell.trim_start_matches(|character: char| character.is_whitespace() || character == '"');
        if shown.starts_with(begins) {
            safe.push('\'');
        }
        safe.push_str(cell);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::csv_field;

    #[test]
    fn a_field_is_quoted_when_needed_and_never_a_formula() {
        for (text, written) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("@cmd,x", "\"'@cmd,x\""),
            (" -1+1", "' -1+1"),
            ("\tx", "\"'\tx\""),
            ("\u{1}=1", "'\u{1}=1"),
            ("x;y", "\"x;y\""),
            ("x\ty", "\"x\ty\""),
            ("x;=1+1;y", "\"x;'=1+1;y\""),
            ("x;;@a", "\"x;;'@a\""),
            ("x; +1", "\"x;' +1\""),
            ("x\t-1", "\"x\t'-1\""),
            ("x,=1", "\"x,'=1\""),
            ("x\r\n=1", "\"x\r\n'=1\""),
            ("x;\"=1\"", "\"x;'\"\"=1\"\"\""),
            ("x; ＝1+1", "\"x;' ＝1+1\""),
            ("a-b;c=d", "\"a-b;c=d\""),
            ("＝1+1", "'＝1+1"),
            ("1+1=2", "1+1=2"),
        ] {
            assert_eq!(csv_field(text), written);
        }
    }
}
