//! Operating-system processes of the machines, found the way servers are found: by a tag.
//!
//! Every process of a machine inherits the server's id in its environment. So a process can be found again after a crash
//! between "spawned" and "recorded", one whose parent died is still seen, and a reused process id is never taken for ours.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use serde::{Deserialize, Serialize};

/// Environment variable that ties a process to its server.
pub(super) const TAG: &str = "INVENTIV_MOCK_SERVER_ID";

/// The kernel's mark of its own threads, which have no environment (`PF_KTHREAD`).
const KERNEL_THREAD: u64 = 0x0020_0000;
/// How long a process may take to get its environment after an `exec`; normally microseconds.
const EXEC_DEADLINE: Duration = Duration::from_secs(1);

/// A worker's process. The start time (clock ticks since the host booted) tells it from a later process with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerProcess {
    pub pid: i32,
    pub start_time: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Terminate,
    Kill,
}

struct Process {
    pid: i32,
    group: i32,
    start_time: u64,
    /// It runs a program that has not got its environment yet: an `exec` is not quite done.
    is_settling: bool,
}

/// Names a child that was just spawned and not collected: it exists, even if it ended already.
pub(super) fn identify(pid: i32) -> Option<WorkerProcess> {
    read_stat(pid).map(|process| WorkerProcess {
        pid,
        start_time: process.start_time,
    })
}

/// False too for a process that ended and waits for its parent to collect it: it has no environment any more.
pub(super) fn is_alive(worker: WorkerProcess, server_id: &str) -> bool {
    identify(worker.pid) == Some(worker) && carries_tag(worker.pid, server_id)
}

/// The worker itself: the oldest of the machine's processes that leads a group.
pub(super) fn find_worker(server_id: &str) -> io::Result<Option<WorkerProcess>> {
    let leaders = of_server(server_id)?
        .into_iter()
        .filter(|process| process.group == process.pid);
    Ok(leaders
        .min_by_key(|process| process.start_time)
        .map(|process| WorkerProcess {
            pid: process.pid,
            start_time: process.start_time,
        }))
}

/// True while anything runs on the machine.
pub(super) fn any(server_id: &str) -> io::Result<bool> {
    Ok(!of_server(server_id)?.is_empty())
}

/// Signals every process of the machine and says how many there were.
pub(super) fn signal(server_id: &str, signal: Signal) -> io::Result<usize> {
    let processes = of_server(server_id)?;
    let groups: HashSet<i32> = processes
        .iter()
        .filter(|process| process.group == process.pid)
        .map(|process| process.pid)
        .collect();
    groups.iter().for_each(|group| send(-group, signal));
    // An engine may have left its worker's group, or outlived its leader.
    let stray = processes.iter().filter(|process| !groups.contains(&process.group));
    stray.for_each(|process| send(process.pid, signal));
    Ok(processes.len())
}

/// Pulls the plug: returns when none of the machine's processes is left.
pub(super) fn kill_and_wait(server_id: &str) -> io::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(5);
    while signal(server_id, Signal::Kill)? > 0 {
        if Instant::now() > deadline {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "a machine's process cannot be killed",
            ));
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// Does a program of the machine listen on this port? True too once the port was handed on to another of its processes.
pub fn listens(server_id: &str, port: u16) -> bool {
    let listening = listening_sockets(port);
    let owns = |process: Process| {
        let descriptors = fs::read_dir(format!("/proc/{}/fd", process.pid));
        let mut links = descriptors
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| fs::read_link(entry.path()));
        links.any(|link| link.is_ok_and(|link| link.to_str().is_some_and(|link| listening.contains(link))))
    };
    !server_id.is_empty() && !listening.is_empty() && of_server(server_id).is_ok_and(|all| all.into_iter().any(owns))
}

/// The sockets that listen on a port, as the links of descriptors name them.
fn listening_sockets(port: u16) -> HashSet<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    tables
        .iter()
        .flat_map(|table| table.lines())
        .filter_map(|line| listening_socket(line, port))
        .collect()
}

/// A line is `sl local_address rem_address st …`, with the inode in its tenth place; `0A` is LISTEN.
fn listening_socket(line: &str, port: u16) -> Option<String> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let (_, local_port) = columns.get(1)?.rsplit_once(':')?;
    let found = u16::from_str_radix(local_port, 16) == Ok(port) && columns.get(3) == Some(&"0A");
    found
        .then(|| columns.get(9).map(|inode| format!("socket:[{inode}]")))
        .flatten()
}

fn of_server(server_id: &str) -> io::Result<Vec<Process>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        if carries_tag(pid, server_id)
            && let Some(process) = read_stat(pid)
        {
            found.push(process);
        }
    }
    Ok(found)
}

/// False also for processes of other users and for those that ended: their environment cannot be read.
fn carries_tag(pid: i32, server_id: &str) -> bool {
    let tag = format!("{TAG}={server_id}");
    read_environment(pid)
        .split(|byte| *byte == 0)
        .any(|variable| variable == tag.as_bytes())
}

/// Waits out the moment after an `exec` in which every environment looks empty.
fn read_environment(pid: i32) -> Vec<u8> {
    let deadline = Instant::now() + EXEC_DEADLINE;
    loop {
        let is_settling = || read_stat(pid).is_some_and(|process| process.is_settling);
        match fs::read(Path::new("/proc").join(pid.to_string()).join("environ")) {
            Ok(environment) if environment.is_empty() && is_settling() && Instant::now() < deadline => {
                thread::yield_now();
            }
            Ok(environment) => return environment,
            Err(_) => return Vec::new(),
        }
    }
}

fn read_stat(pid: i32) -> Option<Process> {
    parse_stat(
        pid,
        &fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?,
    )
}

fn parse_stat(pid: i32, stat: &str) -> Option<Process> {
    // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
    let (_, after_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let has_ended = matches!(*fields.first()?, "Z" | "X");
    // The last one is the address at which the environment ends.
    let (flags, start_time, environment_end) = (number(6)?, number(19)?, number(48)?);
    Some(Process {
        pid,
        group: fields.get(2)?.parse().ok()?,
        start_time,
        is_settling: environment_end == 0 && !has_ended && flags & KERNEL_THREAD == 0,
    })
}

fn send(target: i32, signal: Signal) {
    let number = match signal {
        Signal::Terminate => libc::SIGTERM,
        Signal::Kill => libc::SIGKILL,
    };
    // SAFETY: kill takes two integers and touches no memory of ours. A failure means that the target is gone already.
    #[allow(unsafe_code)]
    unsafe {
        libc::kill(target, number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of `/proc/<pid>/stat` as of process 42, in group 40, started at 98765.
    fn stat(name: &str, state: &str, flags: u64, environment_end: u64) -> String {
        let line = format!("{state} 1 40 40 0 -1 {flags} 1 2 3 4 5 6 7 8 20 0 1 0 98765");
        let addresses = " 7".repeat(28);
        format!("42 ({name}) {line}{addresses} {environment_end} 0")
    }

    #[test]
    fn a_program_name_with_parentheses_does_not_shift_the_fields() {
        let process = parse_stat(42, &stat("a) b", "S", 0, 1)).unwrap();
        assert_eq!((process.pid, process.group, process.start_time), (42, 40, 98765));
    }

    #[test]
    fn only_a_living_process_without_environment_that_is_not_the_kernels_is_settling() {
        let is_settling = |state, flags, end| parse_stat(42, &stat("sh", state, flags, end)).unwrap().is_settling;
        assert!(is_settling("R", 0, 0));
        assert!(!is_settling("R", 0, 1));
        assert!(!is_settling("Z", 0, 0));
        assert!(!is_settling("S", KERNEL_THREAD, 0));
    }

    #[test]
    fn this_kernels_own_account_of_a_process_is_understood() {
        let own = read_stat(std::process::id() as i32).unwrap();
        assert!(!own.is_settling && own.start_time > 0);
    }

    #[test]
    fn a_process_that_ended_and_was_not_collected_is_not_alive() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .env(TAG, "a server")
            .spawn()
            .unwrap();
        let worker = identify(child.id() as i32).unwrap();
        assert!(is_alive(worker, "a server"));
        kill_and_wait("a server").unwrap();
        assert_eq!(identify(worker.pid), Some(worker), "it is still there to be collected");
        assert!(!is_alive(worker, "a server"));
        child.wait().unwrap();
    }

    #[test]
    fn a_process_with_another_start_time_is_not_taken_for_the_recorded_one() {
        let own = identify(std::process::id() as i32).unwrap();
        assert!(!is_alive(
            WorkerProcess {
                start_time: own.start_time + 1,
                ..own
            },
            "any"
        ));
        assert!(!is_alive(own, "a server this process does not belong to"));
    }
}
