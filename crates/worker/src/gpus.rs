//! GPUs of this machine, as NVIDIA's own tool lists them. No tool or no answer means no known GPU.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use worker_protocol::Gpu;

const TIMEOUT: Duration = Duration::from_secs(10);
const MEBIBYTE: u64 = 1024 * 1024;

pub async fn detect() -> Vec<Gpu> {
    let listing = Command::new("nvidia-smi")
        .args(["--query-gpu=index,name,memory.total", "--format=csv,noheader,nounits"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(TIMEOUT, listing).await {
        Ok(Ok(output)) if output.status.success() => parse(&String::from_utf8_lossy(&output.stdout)),
        _ => Vec::new(),
    }
}

/// Lines of `index, name, MiB`; a line that cannot be read is left out.
fn parse(listing: &str) -> Vec<Gpu> {
    listing.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Gpu> {
    let (index, rest) = line.split_once(',')?;
    let (name, mebibytes) = rest.rsplit_once(',')?;
    Some(Gpu {
        index: index.trim().parse().ok()?,
        name: name.trim().to_owned(),
        memory_total: mebibytes.trim().parse::<u64>().ok()?.checked_mul(MEBIBYTE)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_read_and_lines_that_are_none_are_left_out() {
        let gpus = parse("0, NVIDIA L4, 23034\n1, NVIDIA H100 80GB HBM3, 81559\n2, NVIDIA GH200, [N/A]\nno devices\n");
        assert_eq!(gpus.len(), 2);
        assert_eq!(
            gpus[1],
            Gpu {
                index: 1,
                name: "NVIDIA H100 80GB HBM3".into(),
                memory_total: 81559 * MEBIBYTE
            }
        );
    }
}
