//! What the kernel knows of running processes.

use std::fs;
use std::time::Duration;

use anyhow::Context as _;

/// Asks a process to end.
#[allow(unsafe_code)]
pub fn terminate(id: i32) {
    // SAFETY: a signal to a process that this program started; no memory is involved.
    unsafe { libc::kill(id, libc::SIGTERM) };
}

/// Processor time of a process, user and system together.
pub fn processor_time(id: u32) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name, in parentheses, may hold spaces; the numbers come after it.
    let numbers = stat.rsplit_once(')').context("no name in stat")?.1;
    let fields: Vec<u64> = numbers
        .split_whitespace()
        .skip(11)
        .take(2)
        .flat_map(str::parse)
        .collect();
    let [user, system] = fields[..] else {
        anyhow::bail!("no times in stat");
    };
    Ok(Duration::from_millis((user + system) * 1000 / ticks_per_second()))
}

/// The same of all processes of the program `name` that a process started, and that those started. One that ends meanwhile counts as
/// nothing.
pub fn processor_time_below(id: u32, name: &str) -> anyhow::Result<Duration> {
    let mut total = Duration::ZERO;
    for child in children(id)? {
        if name_of(child).is_some_and(|found| found == name) {
            total += processor_time(child).unwrap_or_default();
            total += processor_time_below(child, name).unwrap_or_default();
        }
    }
    Ok(total)
}

/// Bytes of memory that are resident.
pub fn resident_memory(id: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kib.context("no VmRSS")? * 1024)
}

fn children(id: u32) -> anyhow::Result<Vec<u32>> {
    let mut found = Vec::new();
    for thread in fs::read_dir(format!("/proc/{id}/task"))? {
        let text = fs::read_to_string(thread?.path().join("children")).unwrap_or_default();
        found.extend(text.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
    }
    Ok(found)
}

fn name_of(id: u32) -> Option<String> {
    Some(fs::read_to_string(format!("/proc/{id}/comm")).ok()?.trim().to_owned())
}

#[allow(unsafe_code)]
fn ticks_per_second() -> u64 {
    // SAFETY: asks for a constant of the system.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) })
        .unwrap_or(100)
        .max(1)
}
