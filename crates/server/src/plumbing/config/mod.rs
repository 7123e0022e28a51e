//! Settings: a flag, else the environment (`INVENTIV_…`), else a TOML file, else the default. Every setting has one definition
//! here, from which `--help`, the variables and the file's keys follow.

mod base_url;
mod network;
mod sources;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use clap::ArgAction;
use clap::builder::BoolishValueParser;

pub use base_url::BaseUrl;
pub use network::Network;
pub use sources::parse;

#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    /// Address and port for the console, the API and the gateway
    #[arg(long, env = "INVENTIV_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Address and port of Prometheus' /metrics
    #[arg(long, env = "INVENTIV_METRICS_LISTEN", default_value = "127.0.0.1:9464")]
    pub metrics_listen: SocketAddr,

    /// URL under which people reach this server, like https://console.example.com (default: http:// and the listen address)
    #[arg(long, env = "INVENTIV_PUBLIC_URL")]
    pub public_url: Option<BaseUrl>,

    /// URL under which workers reach this server (default: the listen address, on loopback where it listens everywhere)
    #[arg(long, env = "INVENTIV_WORKER_URL")]
    pub worker_url: Option<BaseUrl>,

    /// Directory for the private PostgreSQL, journals and the master secret (default: ~/.local/share/inventiv, /var/lib/inventiv for root)
    #[arg(long, env = "INVENTIV_DATA_DIR")]
    pub data_dir: Option<PathBuf>,

    /// postgres://… of a PostgreSQL 15 or newer (default: a private one in the data directory)
    #[arg(long, env = "INVENTIV_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// postgres://… for requests, when they should connect as another user than migrations
    #[arg(long, env = "INVENTIV_APP_DATABASE_URL", hide_env_values = true)]
    pub app_database_url: Option<String>,

    /// Directory of initdb and postgres, where they are not found by themselves
    #[arg(long, env = "INVENTIV_POSTGRES_BIN_DIR")]
    pub postgres_bin_dir: Option<PathBuf>,

    /// What this process does, separated by commas: api, gateway, orchestrator
    #[arg(
        long,
        env = "INVENTIV_ROLES",
        value_delimiter = ',',
        default_value = "api,gateway,orchestrator"
    )]
    pub roles: Vec<ServerRole>,

    /// E-mail of the first admin, made when there is no account yet
    #[arg(long, env = "INVENTIV_ADMIN_EMAIL", default_value = "admin@inventiv.local")]
    pub admin_email: String,

    /// Password of the first admin (default: generated and printed once); better given in the environment or a file
    #[arg(long, env = "INVENTIV_ADMIN_PASSWORD", hide_env_values = true)]
    pub admin_password: Option<String>,

    /// File that holds the password of the first admin
    #[arg(long, env = "INVENTIV_ADMIN_PASSWORD_FILE")]
    pub admin_password_file: Option<PathBuf>,

    /// The installation's master secret, 32 bytes in base64url; replicas must share it (default: made and kept in the data directory)
    #[arg(long, env = "INVENTIV_MASTER_SECRET", hide_env_values = true)]
    pub master_secret: Option<String>,

    /// Mail server: smtps://host, smtp://host (STARTTLS required) or smtp://host?starttls=opportunistic (default: mails become files in the data directory)
    #[arg(long, env = "INVENTIV_SMTP_URL")]
    pub smtp_url: Option<String>,

    /// Name to sign in to the mail server with
    #[arg(long, env = "INVENTIV_SMTP_USERNAME")]
    pub smtp_username: Option<String>,

    /// Password to sign in to the mail server with; better given in the environment or a file
    #[arg(long, env = "INVENTIV_SMTP_PASSWORD", hide_env_values = true)]
    pub smtp_password: Option<String>,

    /// File that holds the password of the mail server
    #[arg(long, env = "INVENTIV_SMTP_PASSWORD_FILE")]
    pub smtp_password_file: Option<PathBuf>,

    /// PEM file with an additional authority to trust for the mail server's certificate
    #[arg(long, env = "INVENTIV_SMTP_CA_FILE")]
    pub smtp_ca_file: Option<PathBuf>,

    /// Who mails come from, like Inventiv <no-reply@example.com>; required with --smtp-url
    #[arg(long, env = "INVENTIV_MAIL_FROM")]
    pub mail_from: Option<String>,

    /// Reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses and networks like 10.0.0.0/8, separated by commas
    #[arg(long, env = "INVENTIV_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<Network>,

    /// Networks of ours that tenants may name addresses in, such as those of workers (default: none, only public addresses): 10.0.0.0/8, separated by commas
    #[arg(long, env = "INVENTIV_ALLOW_TENANT_ADDRESSES", value_delimiter = ',')]
    pub allow_tenant_addresses: Vec<Network>,

    /// The worker program that the Mock cloud starts (default: inventiv-worker beside this program)
    #[arg(long, env = "INVENTIV_WORKER_BINARY")]
    pub worker_binary: Option<PathBuf>,

    /// How slow the Mock cloud is: 1 is real life scaled down to seconds, 0 is immediate
    #[arg(long, env = "INVENTIV_MOCK_LATENCY_SCALE", default_value_t = 1.0)]
    pub mock_latency_scale: f64,

    /// Let requests to models on the Mock cloud ask for a fault (`"mock": {"fault": "crash"}`); for tests only
    #[arg(
        long,
        env = "INVENTIV_MOCK_REQUEST_FAULTS",
        action = ArgAction::Set,
        value_parser = BoolishValueParser::new(),
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true"
    )]
    pub mock_request_faults: bool,

    /// Seconds to let running requests finish when told to stop
    #[arg(long, env = "INVENTIV_SHUTDOWN_GRACE", default_value_t = 20)]
    pub shutdown_grace: u64,

    /// Form of the log
    #[arg(long, env = "INVENTIV_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// What to log: a level, or directives like info,sqlx=warn
    #[arg(long, env = "INVENTIV_LOG", default_value = "info,sqlx=warn,hyper=warn")]
    pub log: String,

    /// TOML file with any of these settings, named like the flags with underscores
    #[arg(long, env = "INVENTIV_CONFIG")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ServerRole {
    Api,
    Gateway,
    Orchestrator,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

impl Config {
    pub fn has_role(&self, role: ServerRole) -> bool {
        self.roles.contains(&role)
    }

    /// `scheme://authority` under which browsers know us. Without a public URL the listen address, on loopback where we listen
    /// everywhere: no browser reaches `0.0.0.0`.
    pub fn public_origin(&self) -> String {
        match &self.public_url {
            Some(url) => url.to_string(),
            None => format!("http://{}", self.reachable_listen()),
        }
    }

    /// Where a program on this machine reaches us.
    pub fn reachable_listen(&self) -> SocketAddr {
        let ip = match self.listen.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        SocketAddr::new(ip, self.listen.port())
    }

    /// # Errors
    /// Settings that contradict each other or cannot be used.
    pub fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            !self.roles.is_empty(),
            "--roles must name at least one of api, gateway, orchestrator"
        );
        for (flag, url) in [
            ("--database-url", &self.database_url),
            ("--app-database-url", &self.app_database_url),
        ] {
            let usable = url
                .as_ref()
                .is_none_or(|url| url.starts_with("postgres://") || url.starts_with("postgresql://"));
            anyhow::ensure!(usable, "{flag} must be a URL that begins with postgres://");
        }
        anyhow::ensure!(
            (0.0..=1000.0).contains(&self.mock_latency_scale),
            "--mock-latency-scale must be 0 to 1000"
        );
        anyhow::ensure!(
            self.smtp_url.is_none() || self.public_url.is_some() || !self.listen.ip().is_unspecified(),
            "--public-url is required with --smtp-url where --listen is {}: the links in mails lead there",
            self.listen
        );
        anyhow::ensure!(
            self.admin_password.is_none() || self.admin_password_file.is_none(),
            "give --admin-password or --admin-password-file, not both"
        );
        Ok(())
    }
}
