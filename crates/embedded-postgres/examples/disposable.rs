//! Serves a disposable cluster until standard input ends. Prints the URL of its database `postgres`, then the directory of
//! PostgreSQL's programs, each on a line of its own.

use std::io::{Read as _, Write as _};

use embedded_postgres::{Cluster, Installation};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let installation = Installation::find(None)?;
    let cluster = Cluster::disposable()?;
    let mut output = std::io::stdout().lock();
    writeln!(output, "{}", cluster.url("postgres"))?;
    writeln!(output, "{}", installation.bin_dir().display())?;
    output.flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    cluster.stop()?;
    Ok(())
}
