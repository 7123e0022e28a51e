//! Server processes that an earlier owner left behind.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::error::Error;
use crate::pid_file::{self, PidFile};
use crate::process::{self, Signal};

/// How long each stage may take, from polite to final. The first covers a checkpoint of a busy server.
const STAGES: [(Signal, Duration); 3] = [
    (Signal::FastStop, Duration::from_secs(30)),
    (Signal::ImmediateStop, Duration::from_secs(10)),
    (Signal::Kill, Duration::from_secs(10)),
];

/// Ends every server process of `cluster`, then makes sure that the next server is not put off by the pid file.
/// The caller holds the lock on the data directory, so none of them has a living owner.
pub(crate) fn clear(cluster: &Path) -> Result<(), Error> {
    for (signal, grace) in STAGES {
        let running = servers_of(cluster);
        if running.is_empty() {
            break;
        }
        tracing::warn!(?running, ?signal, "stopping the PostgreSQL server of an earlier run");
        for pid in targets(signal, &running, PidFile::read(cluster).map(|file| file.pid)) {
            process::send(signal, pid);
        }
        process::wait_for(grace, || servers_of(cluster).is_empty().then_some(()));
    }
    if let Some(pid) = servers_of(cluster).first() {
        return Err(Error::WontStop {
            cluster: cluster.into(),
            pid: *pid,
        });
    }
    remove_misleading_pid_file(cluster)
}

/// The chief ends its workers itself. Workers that lost their chief end by themselves, given time; after that they are
/// told. (The fast stop means something else to a worker.)
fn targets(signal: Signal, running: &[u32], chief: Option<u32>) -> Vec<u32> {
    let chief = running.iter().copied().find(|pid| Some(*pid) == chief);
    match (signal, chief) {
        (Signal::FastStop | Signal::ImmediateStop, Some(chief)) => vec![chief],
        (Signal::FastStop, None) => Vec::new(),
        (Signal::ImmediateStop, None) | (Signal::Kill, _) => running.to_vec(),
    }
}

/// PostgreSQL deals with a stale pid file itself, with a further guard against processes still attached to the shared
/// memory named in it; so the file stays, except when its number now belongs to some other process, over which
/// PostgreSQL would refuse to start.
fn remove_misleading_pid_file(cluster: &Path) -> Result<(), Error> {
    match PidFile::read(cluster) {
        Some(file) if process::exists(file.pid) => {
            tracing::info!(
                pid = file.pid,
                "removing a stale PostgreSQL pid file that names an unrelated process"
            );
            let path = cluster.join(pid_file::NAME);
            fs::remove_file(&path).map_err(Error::io("remove", &path))
        }
        _ => Ok(()),
    }
}

/// Every process that is a PostgreSQL server and works in `cluster`: chief and workers all make it their current
/// directory. A process that has ended but was not awaited does not count.
#[cfg(target_os = "linux")]
fn servers_of(cluster: &Path) -> Vec<u32> {
    // The kernel tells directories without links.
    let Ok(cluster) = fs::canonicalize(cluster) else {
        return Vec::new();
    };
    let is_server = |process: &Path| {
        let program = fs::read_link(process.join("exe")).unwrap_or_default();
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        // An upgraded package leaves "postgres (deleted)".
        (name == "postgres" || name == "postgres (deleted)")
            && fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == cluster)
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            is_server(&entry.path()).then_some(pid)
        })
        .collect()
}

/// Only the chief can be told by its command line; PostgreSQL's own guard covers the workers.
#[cfg(not(target_os = "linux"))]
fn servers_of(cluster: &Path) -> Vec<u32> {
    let Some(PidFile { pid, .. }) = PidFile::read(cluster) else {
        return Vec::new();
    };
    let listed = std::process::Command::new("ps")
        .args(["-ww", "-o", "stat=,command=", "-p", &pid.to_string()])
        .output();
    let Ok(listed) = listed else { return Vec::new() };
    let line = String::from_utf8_lossy(&listed.stdout).into_owned();
    let is_server = !line.trim_start().starts_with('Z')
        && line.contains("postgres")
        && line.contains(&format!("-D {}", cluster.display()));
    if is_server { vec![pid] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_chief_is_asked_to_stop_while_there_is_one() {
        assert_eq!(targets(Signal::FastStop, &[7, 8, 9], Some(8)), [8]);
        assert_eq!(targets(Signal::ImmediateStop, &[7, 8, 9], Some(8)), [8]);
        assert_eq!(targets(Signal::Kill, &[7, 8, 9], Some(8)), [7, 8, 9]);
    }

    #[test]
    fn workers_without_their_chief_get_time_before_they_are_told() {
        assert_eq!(targets(Signal::FastStop, &[7, 9], Some(8)), [] as [u32; 0]);
        assert_eq!(targets(Signal::ImmediateStop, &[7, 9], None), [7, 9]);
    }

    #[test]
    fn the_number_in_a_pid_file_alone_never_makes_a_process_a_server() {
        let cluster = tempfile::tempdir().unwrap();
        fs::write(cluster.path().join(pid_file::NAME), format!("{}\n", std::process::id())).unwrap();
        assert_eq!(servers_of(cluster.path()), [] as [u32; 0]);
        clear(cluster.path()).unwrap();
        assert!(!cluster.path().join(pid_file::NAME).exists());
    }
}
