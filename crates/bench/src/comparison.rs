//! The measurements, the gateway and nginx in turns, and the table of ratios.

use std::io::Write as _;
use std::time::Duration;

use anyhow::bail;

use crate::CompareOptions;
use crate::installation::{Gateway, Installation};
use crate::load::{self, Stream, Target, Times};
use crate::nginx::Nginx;
use crate::processes;
use crate::upstream::ANSWER_TOKENS;

const CONNECTIONS: usize = 64;
const FIXED_RATE: usize = 1_000;
const FIXED_RATE_REQUESTS: usize = 5_000;
/// For the time to the first token.
const STREAMS: usize = 200;
const STREAM_ROUNDS: usize = 3;
const SHORT_STREAM: Stream = Stream {
    tokens: 50,
    every_ms: 20,
};
/// For the memory of open streams.
const OPEN_STREAMS: usize = 2_000;
const LONG_STREAM: Stream = Stream {
    tokens: 60,
    every_ms: 250,
};

pub async fn compare(options: &CompareOptions) -> anyhow::Result<()> {
    if options.rounds == 0 || options.requests < CONNECTIONS {
        bail!("at least 1 round and {CONNECTIONS} requests are needed");
    }
    say("starting Inventiv and nginx in front of the same upstream …");
    let installation = Installation::start(&options.programs).await?;
    let gateway = installation.gateway().await?;
    let nginx = Nginx::start(&options.nginx, &gateway.upstream).await?;
    let setting = Setting {
        ours: target(&gateway.authority, &gateway),
        theirs: target(&nginx.authority, &gateway),
        direct: target(&gateway.upstream, &gateway),
        our_process: installation.process_id()?,
        their_process: nginx.process_id(),
    };
    let (before, _) = installation.counted().await?;
    let mut sent = 0;

    let saturation = setting.saturation(options).await?;
    // The first round, which warms up, is not in the result.
    sent += options.requests * (options.rounds + 1);
    let fixed_rate = async |target: &Target| load::at_rate(target, FIXED_RATE, FIXED_RATE_REQUESTS).await;
    let added = setting.added("1,000 requests/s", options.rounds, fixed_rate).await?;
    sent += FIXED_RATE_REQUESTS * options.rounds;
    let first_tokens = async |target: &Target| load::first_tokens(target, STREAMS, STREAM_ROUNDS, SHORT_STREAM).await;
    let first_token = setting.added("200 streams", options.rounds, first_tokens).await?;
    let streams = STREAMS * STREAM_ROUNDS * options.rounds;
    say("opening streams …");
    let memory = load::while_streaming(&setting.ours, OPEN_STREAMS, LONG_STREAM, || {
        processes::resident_memory(setting.our_process)
    })
    .await?;

    say("counting …");
    let (requests, tokens) = installation.counted().await?;
    let expected_requests = (sent + streams + OPEN_STREAMS) as u64;
    let expected_tokens = sent as u64 * ANSWER_TOKENS
        + streams as u64 * SHORT_STREAM.tokens
        + OPEN_STREAMS as u64 * LONG_STREAM.tokens
        + before * ANSWER_TOKENS;
    drop(nginx);
    installation.stop().await?;

    say("");
    say("what                                                         measured    bar");
    row(
        "requests/s at saturation, of nginx's",
        &format!("{:.2} x", saturation.throughput),
        ">= 0.5",
    );
    row(
        "processor time per request, of nginx's",
        &format!("{:.2} x", saturation.processor),
        "<= 3",
    );
    row(
        "  with its PostgreSQL",
        &format!("{:.2} x", saturation.processor_with_database),
        "-",
    );
    row("p99 added at 1,000 requests/s", &milliseconds(added.p99), "<= 1 ms");
    row("  what nginx adds", &milliseconds(added.nginx_p99), "-");
    row(
        "first token added, 200 streams, p50",
        &milliseconds(first_token.p50),
        "<= 0.5 ms",
    );
    row(
        "first token added, 200 streams, p99",
        &milliseconds(first_token.p99),
        "<= 2 ms",
    );
    row(
        "memory with 2,000 open streams",
        &format!("{} MiB", memory / 1024 / 1024),
        "<= 150 MiB",
    );
    let lost = expected_requests.abs_diff(requests - before) + expected_tokens.abs_diff(tokens);
    row(
        "requests and tokens lost or doubled",
        &format!("{lost} of {expected_requests}"),
        "0",
    );
    if lost > 0 {
        bail!(
            "{expected_requests} requests and {expected_tokens} tokens were made, {} and {tokens} are in the account",
            requests - before
        );
    }
    Ok(())
}

struct Setting {
    ours: Target,
    theirs: Target,
    /// The upstream itself.
    direct: Target,
    our_process: u32,
    their_process: u32,
}

/// The gateway's numbers divided by nginx's.
struct Saturation {
    throughput: f64,
    processor: f64,
    processor_with_database: f64,
}

/// Time on top of what the upstream alone takes.
struct Added {
    p50: f64,
    p99: f64,
    nginx_p99: f64,
}

impl Setting {
    async fn saturation(&self, options: &CompareOptions) -> anyhow::Result<Saturation> {
        let mut ratios = Vec::new();
        for round in 0..=options.rounds {
            say(&format!("saturation, round {round} of {} …", options.rounds));
            let theirs = self.saturate(&self.theirs, options.requests).await?;
            let ours = self.saturate(&self.ours, options.requests).await?;
            if round > 0 {
                let (per_second, ours) = ours;
                let (nginx_per_second, theirs) = theirs;
                ratios.push((
                    per_second / nginx_per_second,
                    ours.program / theirs.nginx,
                    (ours.program + ours.database) / theirs.nginx,
                ));
            }
        }
        Ok(Saturation {
            throughput: median(ratios.iter().map(|ratio| ratio.0)),
            processor: median(ratios.iter().map(|ratio| ratio.1)),
            processor_with_database: median(ratios.iter().map(|ratio| ratio.2)),
        })
    }

    async fn saturate(&self, target: &Target, requests: usize) -> anyhow::Result<(f64, Spent)> {
        let before = self.spent()?;
        let per_second = load::saturate(target, CONNECTIONS, requests).await?;
        let after = self.spent()?;
        let spent = Spent {
            program: after.program - before.program,
            database: after.database - before.database,
            nginx: after.nginx - before.nginx,
        };
        Ok((per_second, spent))
    }

    fn spent(&self) -> anyhow::Result<Spent> {
        Ok(Spent {
            program: processes::processor_time(self.our_process)?.as_secs_f64(),
            database: processes::processor_time_below(self.our_process, "postgres")?.as_secs_f64(),
            nginx: processes::processor_time_below(self.their_process, "nginx")?.as_secs_f64(),
        })
    }

    /// What the gateway and nginx add to the upstream's own times; one after the other in each round.
    async fn added(
        &self,
        what: &str,
        rounds: usize,
        measure: impl AsyncFn(&Target) -> anyhow::Result<Times>,
    ) -> anyhow::Result<Added> {
        let mut added = Vec::new();
        for round in 1..=rounds {
            say(&format!("{what}, round {round} of {rounds} …"));
            let direct = measure(&self.direct).await?;
            let theirs = measure(&self.theirs).await?;
            let ours = measure(&self.ours).await?;
            let over = |times: &Times, share: f64| difference(times.percentile(share), direct.percentile(share));
            added.push((over(&ours, 0.5), over(&ours, 0.99), over(&theirs, 0.99)));
        }
        Ok(Added {
            p50: median(added.iter().map(|round| round.0)),
            p99: median(added.iter().map(|round| round.1)),
            nginx_p99: median(added.iter().map(|round| round.2)),
        })
    }
}

/// Seconds of processor time, so far or in one round.
struct Spent {
    program: f64,
    database: f64,
    nginx: f64,
}

fn target(authority: &str, gateway: &Gateway) -> Target {
    Target {
        authority: authority.to_owned(),
        authorization: format!("Bearer {}", gateway.key),
        model: gateway.model.clone(),
    }
}

/// In seconds; noise can make it negative.
fn difference(longer: Duration, shorter: Duration) -> f64 {
    longer.as_secs_f64() - shorter.as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.2} ms", seconds * 1000.0)
}

fn row(what: &str, measured: &str, bar: &str) {
    say(&format!("{what:<58} {measured:>12}    {bar}"));
}

fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
