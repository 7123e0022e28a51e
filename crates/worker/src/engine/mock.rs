//! The built-in mock engine, run as a child process of the worker's own program.

use std::path::PathBuf;

use super::vllm::{read_vllm_metrics, vllm_like_health};
use super::{
    EngineDriver, EngineSpec, Health, HealthAnswer, Launch, LaunchError, Scrape, ScrapeError, refuse_reserved,
};

pub struct Mock {
    program: PathBuf,
    /// The assigned arguments are another engine's and mean nothing here.
    is_stand_in: bool,
}

impl Mock {
    pub fn this_program() -> std::io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
            is_stand_in: false,
        })
    }

    /// It answers under the model's name, as fast or slow as the mock engine always is, and takes none of the arguments that
    /// were meant for the engine it stands in for.
    pub fn in_place_of_another() -> std::io::Result<Self> {
        Ok(Self {
            is_stand_in: true,
            ..Self::this_program()?
        })
    }
}

impl EngineDriver for Mock {
    fn name(&self) -> &'static str {
        "mock engine"
    }

    fn launch(&self, spec: &EngineSpec) -> Result<Launch, LaunchError> {
        let own_arguments = if self.is_stand_in {
            &[]
        } else {
            spec.arguments.as_slice()
        };
        refuse_reserved(own_arguments, &["--listen", "--model", "--context-length"])?;
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
        arguments.extend_from_slice(own_arguments);
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
            is_stand_in: false,
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

    #[test]
    fn a_stand_in_takes_no_argument_of_the_engine_it_stands_in_for() {
        let stand_in = Mock {
            program: "worker".into(),
            is_stand_in: true,
        };
        let spec = EngineSpec {
            model_id: "demo".into(),
            arguments: vec!["--tensor-parallel-size=8".into(), "--model=other".into()],
            context_length: 131_072,
            address: ([127, 0, 0, 1], 4000).into(),
        };
        assert_eq!(
            stand_in.launch(&spec).unwrap().arguments.join(" "),
            "mock-engine --listen 127.0.0.1:4000 --model demo --context-length 131072"
        );
    }
}
