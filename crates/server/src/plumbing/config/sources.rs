//! Where settings come from: a flag, else the environment, else the file, else the default. All of them go through the one typed
//! definition of the setting; what the environment and the file say becomes the default of its flag.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args as _, Command, FromArgMatches as _};

use super::Config;
use crate::plumbing::private_files;

/// A program's environment: the value of a variable.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<OsString>;

/// What one source says of one setting.
struct Given {
    /// Where it stands, for a refusal.
    place: String,
    values: Vec<OsString>,
}

/// Parses `arguments` (the program's name first) by `command`, whose commands take [`Config`] wherever they take settings.
///
/// # Errors
/// The file cannot be read, or the environment or the file say something that a setting does not take. What is wrong with the
/// arguments themselves is clap's own refusal, within.
pub fn parse(
    command: Command,
    arguments: &[OsString],
    environment: Environment<'_>,
) -> anyhow::Result<clap::error::Result<ArgMatches>> {
    let file = config_file(&command, arguments, environment);
    let file = file.map(|path| read(&path)).transpose()?.unwrap_or_default();
    let mut defaults = Vec::new();
    for setting in settings() {
        let Some(name) = setting.get_long() else { continue };
        let given = from_environment(&setting, environment).or_else(|| from_file(name, &file));
        if let Some(given) = given {
            check(&given, name)?;
            defaults.push((setting.get_id().clone(), given.values));
        }
    }
    Ok(with_defaults(command, &defaults, environment).try_get_matches_from(arguments))
}

impl Config {
    /// Settings by flags alone, whatever the environment says.
    ///
    /// # Errors
    /// A flag that is none, or a value that it does not take.
    pub fn from_flags(flags: &[&str]) -> anyhow::Result<Self> {
        let command = Self::augment_args(Command::new("inventiv").no_binary_name(true));
        let arguments: Vec<OsString> = flags.iter().map(OsString::from).collect();
        let matches = parse(command, &arguments, &|_| None)??;
        Ok(Self::from_arg_matches(&matches)?)
    }
}

/// Every setting that exists.
fn settings() -> Vec<Arg> {
    Config::augment_args(Command::new("settings"))
        .get_arguments()
        .cloned()
        .collect()
}

/// An empty variable counts as not set: that is how compose files and unit files leave one out.
fn from_environment(setting: &Arg, environment: Environment<'_>) -> Option<Given> {
    let variable = setting.get_env()?.to_str()?;
    let value = environment(variable).filter(|value| !value.is_empty())?;
    Some(Given {
        place: variable.to_owned(),
        values: vec![value],
    })
}

type File = Vec<(String, Given)>;

fn from_file(flag: &str, file: &File) -> Option<Given> {
    let (_, given) = file.iter().find(|(name, _)| name == flag)?;
    Some(Given {
        place: given.place.clone(),
        values: given.values.clone(),
    })
}

fn read(path: &Path) -> anyhow::Result<File> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("reading the configuration file {shown}"))?;
    let table: toml::Table = text.parse().with_context(|| format!("{shown} is not valid TOML"))?;
    if table.iter().any(|(key, value)| is_secret(key, value)) {
        private_files::ensure(path)?;
    }
    let known: Vec<String> = settings().iter().filter_map(Arg::get_long).map(str::to_owned).collect();
    let mut file = File::new();
    for (key, value) in &table {
        let flag = key.replace('_', "-");
        let place = format!("{shown}: {key}");
        anyhow::ensure!(known.contains(&flag), "{place}: there is no such setting");
        anyhow::ensure!(flag != "config", "{place}: the file cannot name another file");
        let values = match value {
            toml::Value::Array(items) => items.iter().map(|item| plain(&place, item)).collect(),
            value => plain(&place, value).map(|value| vec![value]),
        }?;
        anyhow::ensure!(
            !(values.is_empty() && flag == "roles"),
            "{place}: name at least one of api, gateway, orchestrator"
        );
        let values: Vec<OsString> = values.into_iter().filter(|value| !value.is_empty()).collect();
        if !values.is_empty() {
            file.push((flag, Given { place, values }));
        }
    }
    Ok(file)
}

/// A secret itself, not the name of a file that holds one.
fn is_secret(key: &str, value: &toml::Value) -> bool {
    let key = key.replace('-', "_");
    let with_password = |url: &str| url::Url::parse(url).is_ok_and(|url| url.password().is_some());
    ["master_secret", "admin_password", "smtp_password"].contains(&key.as_str())
        || key.ends_with("database_url") && value.as_str().is_some_and(with_password)
}

fn plain(place: &str, value: &toml::Value) -> anyhow::Result<OsString> {
    Ok(match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(flag) => flag.to_string(),
        _ => anyhow::bail!("{place} must be a text, a number, true, false or a list of them"),
    }
    .into())
}

/// By the setting's own parser, so that a refusal names the place where the value stands.
fn check(given: &Given, flag: &str) -> anyhow::Result<()> {
    let command = Config::augment_args(Command::new("settings").no_binary_name(true));
    let command = command.mut_args(|setting| setting.env(Resettable::Reset));
    let arguments = given.values.iter().map(|value| {
        let mut argument = OsString::from(format!("--{flag}="));
        argument.push(value);
        argument
    });
    let Err(error) = command.try_get_matches_from(arguments) else {
        return Ok(());
    };
    let said = error.to_string();
    let first = said.split("\n\n").next().unwrap_or_default();
    let first = first.trim_start_matches("error: ").trim_end();
    anyhow::bail!("{}: {first}", given.place)
}

fn with_defaults(command: Command, defaults: &[(clap::Id, Vec<OsString>)], environment: Environment<'_>) -> Command {
    let is_set = |variable: &OsStr| {
        let value = variable.to_str().and_then(environment);
        value.is_some_and(|value| !value.is_empty())
    };
    command
        .mut_args(|mut setting| {
            if setting.get_env().is_some_and(|variable| !is_set(variable)) {
                // clap has read the variable already, and would take an empty text for a value.
                setting = setting.env(Resettable::Reset);
            }
            let given = defaults.iter().find(|(id, _)| id == setting.get_id());
            let is_secret = setting.is_hide_env_values_set();
            match given {
                Some((_, values)) => setting.default_values(values).hide_default_value(is_secret),
                None => setting,
            }
        })
        .mut_subcommands(|command| with_defaults(command, defaults, environment))
}

/// The file that the arguments name, else the environment.
fn config_file(command: &Command, arguments: &[OsString], environment: Environment<'_>) -> Option<PathBuf> {
    // Whatever else is wrong is said when everything is parsed.
    let named = command
        .clone()
        .ignore_errors(true)
        .try_get_matches_from(arguments)
        .ok()
        .and_then(|matches| {
            let mut innermost = &matches;
            while let Some((_, inner)) = innermost.subcommand() {
                innermost = inner;
            }
            let path = innermost.try_get_one::<PathBuf>("config").ok().flatten()?;
            let is_flag = innermost.value_source("config") == Some(ValueSource::CommandLine);
            is_flag.then(|| path.clone())
        });
    named.or_else(|| {
        let path = environment("INVENTIV_CONFIG").filter(|path| !path.is_empty());
        path.map(PathBuf::from)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// What each setting may be told that is not its default, and what it refuses; texts refuse nothing here.
    const SAMPLES: &[(&str, &str, Option<&str>)] = &[
        ("listen", "127.0.0.2:9000", Some("9000")),
        ("metrics-listen", "127.0.0.2:9001", Some("localhost")),
        ("public-url", "https://console.example", Some("console.example")),
        ("worker-url", "http://10.0.0.1:8080", Some("10.0.0.1")),
        ("data-dir", "data", None),
        ("database-url", "postgres://db/inventiv", None),
        ("app-database-url", "postgres://app@db/inventiv", None),
        ("postgres-bin-dir", "bin", None),
        ("roles", "api,gateway", Some("api,king")),
        ("admin-email", "root@example.test", None),
        ("admin-password", "a password of the admin", None),
        ("admin-password-file", "password", None),
        ("master-secret", "c2VjcmV0", None),
        ("smtp-url", "smtps://mail.example", None),
        ("smtp-username", "inventiv", None),
        ("smtp-password", "a password of the mail server", None),
        ("smtp-password-file", "password", None),
        ("smtp-ca-file", "ca.pem", None),
        ("mail-from", "Inventiv <no-reply@example.test>", None),
        ("trusted-proxies", "10.0.0.0/8,127.0.0.1", Some("10.0.0.0/8,proxy")),
        (
            "allow-tenant-addresses",
            "10.0.0.0/8,fd00::/8",
            Some("10.0.0.0/8,workers"),
        ),
        ("worker-binary", "worker", None),
        ("mock-latency-scale", "0.5", Some("slow")),
        ("mock-request-faults", "true", Some("perhaps")),
        ("shutdown-grace", "5", Some("-1")),
        ("log-format", "json", Some("xml")),
        ("log", "debug", None),
    ];

    /// Settings out of flags, the environment and the text of a file.
    fn settings_of(flags: &[String], environment: &[(&str, &str)], file: &str) -> anyhow::Result<Config> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("settings.toml");
        std::fs::write(&path, file).unwrap();
        let mut variables: BTreeMap<String, OsString> = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.into()))
            .collect();
        if !file.is_empty() {
            variables.insert("INVENTIV_CONFIG".to_owned(), path.into());
        }
        let command = Command::new("inventiv").subcommand(Config::augment_args(Command::new("serve")));
        let mut arguments = vec!["inventiv".into(), "serve".into()];
        arguments.extend(flags.iter().map(OsString::from));
        let matches = parse(command, &arguments, &|name| variables.get(name).cloned())??;
        let (_, matches) = matches.subcommand().unwrap();
        Ok(Config::from_arg_matches(matches)?)
    }

    fn flag(name: &str, value: &str) -> Vec<String> {
        vec![format!("--{name}={value}")]
    }

    fn variable(name: &str) -> String {
        format!("INVENTIV_{}", name.replace('-', "_").to_uppercase())
    }

    fn key(name: &str) -> String {
        name.replace('-', "_")
    }

    /// A setting's own Debug, without where the file was.
    fn seen(config: &Config) -> String {
        let mut config = config.clone();
        config.config = None;
        format!("{config:?}")
    }

    #[test]
    fn every_setting_means_the_same_from_everywhere() {
        let sampled: Vec<&str> = SAMPLES.iter().map(|(name, ..)| *name).collect();
        for setting in settings() {
            let name = setting.get_long().unwrap();
            assert!(name == "config" || sampled.contains(&name), "{name} has no sample");
        }
        let default = seen(&settings_of(&[], &[], "").unwrap());
        for (name, value, bad) in SAMPLES {
            let by_flag = seen(&settings_of(&flag(name, value), &[], "").unwrap());
            assert_ne!(by_flag, default, "{name}");
            let by_environment = settings_of(&[], &[(&variable(name), value)], "").unwrap();
            assert_eq!(seen(&by_environment), by_flag, "{name}");
            for line in [format!("{} = '{value}'", key(name)), format!("{name} = '{value}'")] {
                assert_eq!(seen(&settings_of(&[], &[], &line).unwrap()), by_flag, "{line}");
            }
            // Empty is not set, and the flag goes before the environment before the file.
            let empty = settings_of(&[], &[(&variable(name), "")], &format!("{} = ''", key(name)));
            assert_eq!(seen(&empty.unwrap()), default, "{name}");
            let line = format!("{} = '{value}'", key(name));
            let behind = settings_of(&[], &[(&variable(name), "")], &line);
            assert_eq!(seen(&behind.unwrap()), by_flag, "{name}");
            let Some(bad) = bad else { continue };
            assert!(
                settings_of(&flag(name, bad), &[(&variable(name), value)], &line).is_err(),
                "{name}"
            );
            let refused = settings_of(&[], &[(&variable(name), bad)], &line)
                .unwrap_err()
                .to_string();
            assert!(refused.starts_with(&format!("{}: ", variable(name))), "{refused}");
            let line = format!("{} = '{bad}'", key(name));
            let refused = settings_of(&[], &[], &line).unwrap_err().to_string();
            assert!(
                refused.contains(&format!("settings.toml: {}: ", key(name))),
                "{refused}"
            );
            // Nobody looks at a file's value that does not count.
            assert_eq!(
                seen(&settings_of(&[], &[(&variable(name), value)], &line).unwrap()),
                by_flag,
                "{name}"
            );
        }
    }

    #[test]
    fn a_file_speaks_toml() {
        let file = "mock_request_faults = true\nshutdown_grace = 5\nmock_latency_scale = 0.5\nroles = ['api', 'gateway']\n\
                    trusted_proxies = []\nmetrics-listen = '127.0.0.2:9001'";
        let config = settings_of(&[], &[], file).unwrap();
        assert!(config.mock_request_faults);
        assert_eq!((config.shutdown_grace, config.roles.len()), (5, 2));
        assert!(config.trusted_proxies.is_empty());
        let refused = |file: &str| settings_of(&[], &[], file).unwrap_err().to_string();
        for (file, why) in [
            ("listne = '127.0.0.1:1'", "listne: there is no such setting"),
            ("config = 'other.toml'", "config: the file cannot name another file"),
            ("roles = []", "roles: name at least one"),
            ("listen = ['127.0.0.1:1', '127.0.0.1:2']", "listen: "),
            ("[listen]\nport = 1", "listen must be"),
            ("listen = 127.0.0.1", "is not valid TOML"),
        ] {
            assert!(refused(file).contains(why), "{file}: {}", refused(file));
        }
    }

    #[test]
    fn a_switch_needs_no_value() {
        let on = |flags: &[&str]| Config::from_flags(flags).unwrap().mock_request_faults;
        assert!(on(&["--mock-request-faults"]) && on(&["--mock-request-faults=yes"]));
        assert!(!on(&[]) && !on(&["--mock-request-faults=false"]));
    }

    #[test]
    fn secrets_out_of_a_file_stay_out_of_the_help() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("settings.toml");
        std::fs::write(
            &path,
            "admin_password = 'never shown'\nadmin_email = 'root@example.test'",
        )
        .unwrap();
        let command = Config::augment_args(Command::new("inventiv"));
        let arguments = [
            "inventiv".into(),
            format!("--config={}", path.display()).into(),
            "--help".into(),
        ];
        let help = parse(command, &arguments, &|_| None).unwrap().unwrap_err().to_string();
        assert!(
            !help.contains("never shown") && help.contains("--admin-password"),
            "{help}"
        );
    }
}
