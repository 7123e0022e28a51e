use std::net::SocketAddr;

use clap::{Args, ValueEnum};

/// How the mock engine is started. The environment variables of this command start with `INVENTIV_WORKER_MOCK_`; a worker
/// passes them on to the engine it starts.
#[derive(Debug, Clone, Args)]
pub struct MockEngineOptions {
    /// Address to listen on; keep it on loopback, there is no authentication.
    #[arg(long, env = "INVENTIV_WORKER_MOCK_LISTEN")]
    pub listen: SocketAddr,
    /// Name under which the model is listed and has to be asked for.
    #[arg(long, env = "INVENTIV_WORKER_MOCK_MODEL")]
    pub model: String,
    /// Tokens of prompt and answer together.
    #[arg(long, env = "INVENTIV_WORKER_MOCK_CONTEXT_LENGTH", default_value_t = 8192, value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    pub context_length: u32,
    /// Milliseconds between two tokens.
    #[arg(long, env = "INVENTIV_WORKER_MOCK_TOKEN_DELAY_MS", default_value_t = 30)]
    pub token_delay_ms: u64,
    /// Milliseconds before the first token.
    #[arg(long, env = "INVENTIV_WORKER_MOCK_FIRST_TOKEN_DELAY_MS", default_value_t = 60)]
    pub first_token_delay_ms: u64,
    /// Milliseconds during which the engine answers 503, as if it were loading weights.
    #[arg(long, env = "INVENTIV_WORKER_MOCK_LOAD_MS", default_value_t = 0)]
    pub load_ms: u64,
    /// Requests that generate at the same time; the others wait.
    #[arg(long, env = "INVENTIV_WORKER_MOCK_MAX_NUM_SEQS", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub max_num_seqs: u32,
    /// Members of an embedding when the request does not say `dimensions`.
    #[arg(long, env = "INVENTIV_WORKER_MOCK_EMBEDDING_DIMENSIONS", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub embedding_dimensions: u32,
    /// Lets a request ask for a fault (`"mock": {"fault": …}`). For tests: whoever may call the model may then crash it.
    #[arg(long, env = "INVENTIV_WORKER_MOCK_REQUEST_FAULTS")]
    pub request_faults: bool,
    /// A fault of the whole engine.
    #[arg(long, env = "INVENTIV_WORKER_MOCK_FAULT")]
    pub fault: Option<EngineFault>,
}

/// Faults that do not need a request to ask for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EngineFault {
    /// Ends with an error before it listens.
    CrashAtStart,
    /// Ends at the first generation.
    CrashAtFirstToken,
    /// Accepts every request, generates nothing; the health check stays good.
    Hang,
}
