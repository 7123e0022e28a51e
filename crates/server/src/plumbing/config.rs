//! Settings: a flag, else the environment (`INVENTIV_…`), else a TOML file, else the default. Every setting has one definition
//! here, from which `--help`, the variables and the file's keys follow.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use axum::http::HeaderMap;

#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    /// Address and port for the console, the API and the gateway
    #[arg(long, env = "INVENTIV_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Address and port of Prometheus' /metrics
    #[arg(long, env = "INVENTIV_METRICS_LISTEN", default_value = "127.0.0.1:9464")]
    pub metrics_listen: SocketAddr,

    /// URL under which people reach this server (default: http:// and the listen address)
    #[arg(long, env = "INVENTIV_PUBLIC_URL")]
    pub public_url: Option<String>,

    /// URL under which workers reach this server (default: the listen address, on loopback where it listens everywhere)
    #[arg(long, env = "INVENTIV_WORKER_URL")]
    pub worker_url: Option<String>,

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

    /// Addresses of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas
    #[arg(long, env = "INVENTIV_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpAddr>,

    /// The worker program that the Mock cloud starts (default: inventiv-worker beside this program)
    #[arg(long, env = "INVENTIV_WORKER_BINARY")]
    pub worker_binary: Option<PathBuf>,

    /// How slow the Mock cloud is: 1 is real life scaled down to seconds, 0 is immediate
    #[arg(long, env = "INVENTIV_MOCK_LATENCY_SCALE", default_value_t = 1.0)]
    pub mock_latency_scale: f64,

    /// Let requests to models on the Mock cloud ask for a fault (`"mock": {"fault": "crash"}`); for tests only
    #[arg(long, env = "INVENTIV_MOCK_REQUEST_FAULTS")]
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

    /// `scheme://authority` under which browsers know us.
    pub fn public_origin(&self) -> String {
        let url = self
            .public_url
            .clone()
            .unwrap_or_else(|| format!("http://{}", self.listen));
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url.as_str()));
        format!("{scheme}://{}", rest.split('/').next().unwrap_or_default())
    }

    /// `scheme://authority` under which this very browser reaches us, for what is bound to a host name: as [`Self::public_origin`]
    /// where a public URL is configured, else what the request names.
    pub fn origin_for(&self, secure: bool, headers: &HeaderMap) -> String {
        let host = headers
            .get(axum::http::header::HOST)
            .and_then(|host| host.to_str().ok());
        match host.filter(|_| self.public_url.is_none()) {
            Some(host) if secure => format!("https://{host}"),
            Some(host) => format!("http://{host}"),
            None => self.public_origin(),
        }
    }

    /// Does the browser speak https to us, directly or through a trusted proxy?
    pub fn is_https(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> bool {
        let forwarded = || {
            headers
                .get("x-forwarded-proto")
                .is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
        };
        let trusted = peer.is_some_and(|peer| self.trusted_proxies.contains(&peer));
        self.public_url
            .as_deref()
            .is_some_and(|url| url.starts_with("https://"))
            || (trusted && forwarded())
    }

    /// Who really sent a request: the peer, or what a trusted proxy says of it.
    pub fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusted_proxies.contains(&peer) {
            return peer;
        }
        let forwarded = headers
            .get("x-forwarded-for")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        // The rightmost address that is not one of our proxies: everything left of it can be made up.
        let addresses = forwarded
            .rsplit(',')
            .filter_map(|text| text.trim().parse::<IpAddr>().ok());
        addresses
            .into_iter()
            .find(|address| !self.trusted_proxies.contains(address))
            .unwrap_or(peer)
    }

    /// # Errors
    /// Settings that contradict each other or cannot be used.
    pub fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            !self.roles.is_empty(),
            "--roles must name at least one of api, gateway, orchestrator"
        );
        for (flag, url) in [("--public-url", &self.public_url), ("--worker-url", &self.worker_url)] {
            if let Some(url) = url {
                let usable = url
                    .strip_prefix("http://")
                    .or_else(|| url.strip_prefix("https://"))
                    .is_some_and(|rest| !rest.is_empty());
                anyhow::ensure!(usable, "{flag} must be a URL that begins with http:// or https://");
            }
        }
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
            self.admin_password.is_none() || self.admin_password_file.is_none(),
            "give --admin-password or --admin-password-file, not both"
        );
        Ok(())
    }
}

/// The arguments with the file's settings put in front of them, where neither a flag nor the environment says otherwise: clap's
/// own rules then decide, and an unknown or malformed key is refused like a flag would be.
///
/// # Errors
/// The file cannot be read, is not TOML, or holds something other than plain values.
pub fn arguments_with_file(arguments: Vec<OsString>, subcommand: &str) -> anyhow::Result<Vec<OsString>> {
    let Some(file) = config_file(&arguments) else {
        return Ok(arguments);
    };
    let text =
        std::fs::read_to_string(&file).with_context(|| format!("reading the configuration file {}", file.display()))?;
    let table: toml::Table = text
        .parse()
        .with_context(|| format!("{} is not valid TOML", file.display()))?;
    let mut from_file = Vec::new();
    for (key, value) in table {
        let flag = format!("--{}", key.replace('_', "-"));
        let variable = format!("INVENTIV_{}", key.replace('-', "_").to_uppercase());
        let given = arguments.iter().any(|argument| {
            let argument = argument.to_string_lossy();
            argument == flag.as_str() || argument.starts_with(&format!("{flag}="))
        });
        #[expect(clippy::disallowed_methods, reason = "settings are read here")]
        if given || std::env::var_os(variable).is_some() {
            continue;
        }
        from_file.push(format!("{flag}={}", plain(&key, &value, &file)?).into());
    }
    let position = arguments
        .iter()
        .position(|argument| argument == subcommand)
        .map_or(arguments.len(), |position| position + 1);
    let mut arguments = arguments;
    arguments.splice(position..position, from_file);
    Ok(arguments)
}

#[expect(clippy::disallowed_methods, reason = "settings are read here")]
fn config_file(arguments: &[OsString]) -> Option<PathBuf> {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--config" {
            return rest.next().map(PathBuf::from);
        }
        if let Some(file) = argument.to_str().and_then(|text| text.strip_prefix("--config=")) {
            return Some(PathBuf::from(file));
        }
    }
    std::env::var_os("INVENTIV_CONFIG").map(PathBuf::from)
}

fn plain(key: &str, value: &toml::Value, file: &Path) -> anyhow::Result<String> {
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Float(number) => Ok(number.to_string()),
        toml::Value::Boolean(flag) => Ok(flag.to_string()),
        toml::Value::Array(items) => Ok(items
            .iter()
            .map(|item| plain(key, item, file))
            .collect::<anyhow::Result<Vec<_>>>()?
            .join(",")),
        _ => anyhow::bail!(
            "{}: {key} must be a text, a number, true, false or a list of them",
            file.display()
        ),
    }
}
