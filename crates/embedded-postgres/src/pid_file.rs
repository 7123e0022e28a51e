//! `postmaster.pid`, which a server keeps in its cluster while it runs.

use std::fs;
use std::path::Path;

pub(crate) const NAME: &str = "postmaster.pid";

/// The two lines of interest of the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub pid: u32,
    /// Whether the server accepts connections.
    pub ready: bool,
}

impl PidFile {
    /// `None` when there is no file, or nothing sensible in it (it is written in steps).
    pub fn read(cluster: &Path) -> Option<Self> {
        parse(&fs::read_to_string(cluster.join(NAME)).ok()?)
    }
}

fn parse(text: &str) -> Option<PidFile> {
    let mut lines = text.lines();
    // A single-user server writes its number negated; it never becomes ready.
    let pid = lines
        .next()?
        .trim()
        .trim_start_matches('-')
        .parse()
        .ok()
        .filter(|pid| *pid > 1)?;
    // Then: cluster, start time, port, socket directory, listen address, shared memory, status.
    let ready = lines.nth(6).is_some_and(|status| status.trim() == "ready");
    Some(PidFile { pid, ready })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINES: &str = "4711\n/data/postgres\n1795000000\n5432\n/data/socket\n\n  1638400         3\n";

    #[test]
    fn a_server_is_ready_only_when_the_status_line_says_so() {
        assert_eq!(
            parse(LINES),
            Some(PidFile {
                pid: 4711,
                ready: false
            })
        );
        assert_eq!(
            parse(&format!("{LINES}starting\n")),
            Some(PidFile {
                pid: 4711,
                ready: false
            })
        );
        assert_eq!(
            parse(&format!("{LINES}ready   \n")),
            Some(PidFile { pid: 4711, ready: true })
        );
    }

    #[test]
    fn a_pid_that_could_signal_more_than_one_process_is_never_read() {
        for text in ["", "0\n", "1\n", "-1\n", "x\n", "99999999999\n"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_yields_a_plain_process_number_or_nothing(text in "\\PC*") {
            if let Some(file) = parse(&text) {
                prop_assert!(file.pid > 1);
            }
        }
    }
}
