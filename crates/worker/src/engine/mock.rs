//! The built-in mock engine, run as a child process of the worker's own program.

use std::path::PathBuf;

use super::vllm::{read_vllm_metrics, vllm_like_health};
use super::{
    EngineDriver, EngineSpec, Health, HealthAnswer, Launch, LaunchError, Scrape, ScrapeError, refuse_reserved,
};

pub struct Mock {
    program: PathBuf,
}

impl Mock {
    pub fn this_program() -> std::io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
        })
    }
}

impl EngineDriver for Mock {
    fn name(&self) -> &'static str {
        "mock engine"
    }

    fn launch(&self, spec: &EngineSpec) -> Result<Launch, LaunchError> {
        refuse_reserved(&spec.arguments, &["--listen", "--model", "--context-length"])?;
        let fixed = [
            "mock-engine",
            "--listen",
            &spec.address.to_string(),
            "--model",
            &spec.model_id,
            "--context-length",
        ];
        let mut arguments: Vec<String> = fixed.map(str::to_owned).into();
        arguments.push(spec.context_length.to_string());
        arguments.extend_from_slice(&spec.arguments);
        Ok(Launch {
            program: self.program.clone(),
            arguments,
            environment: Vec::new(),
        })
    }

    /// It listens before it has "loaded", like llama.cpp, and dies only as a process.
    fn health(&self, answer: HealthAnswer) -> Health {
        match vllm_like_health(answer) {
            Health::Dead => Health::Loading,
            health => health,
        }
    }

    fn read_metrics(&self, text: &str) -> Result<Scrape, ScrapeError> {
        read_vllm_metrics(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_names_address_model_and_context_before_the_assigned_arguments() {
        let mock = Mock {
            program: "worker".into(),
        };
        let mut spec = EngineSpec {
            model_id: "demo".into(),
            arguments: vec!["--token-delay-ms".into(), "0".into()],
            context_length: 4096,
            address: ([127, 0, 0, 1], 4000).into(),
        };
        assert_eq!(
            mock.launch(&spec).unwrap().arguments.join(" "),
            "mock-engine --listen 127.0.0.1:4000 --model demo --context-length 4096 --token-delay-ms 0"
        );
        spec.arguments = vec!["--listen=0.0.0.0:1".into()];
        assert_eq!(mock.launch(&spec), Err(LaunchError::ArgumentRefused("--listen".into())));
    }
}
