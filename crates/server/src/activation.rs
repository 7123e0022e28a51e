//! The two approvals that a model and an instance serve with: a technical and an economic one, each given by people of its own.

use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    Tech,
    Eco,
}

impl Activation {
    pub const ALL: [Activation; 2] = [Activation::Tech, Activation::Eco];

    /// As it stands before "activation" in a sentence.
    pub fn in_words(self) -> &'static str {
        match self {
            Activation::Tech => "technical",
            Activation::Eco => "economic",
        }
    }
}

/// Which of the two something has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activations {
    pub tech: bool,
    pub eco: bool,
}

impl Activations {
    pub fn has(self, activation: Activation) -> bool {
        match activation {
            Activation::Tech => self.tech,
            Activation::Eco => self.eco,
        }
    }

    pub fn missing(self) -> Vec<Activation> {
        let mut all = Activation::ALL.to_vec();
        all.retain(|activation| !self.has(*activation));
        all
    }

    /// Both: it may serve.
    pub fn are_complete(self) -> bool {
        self.tech && self.eco
    }

    /// What both of two things have.
    pub fn and(self, other: Self) -> Self {
        Self {
            tech: self.tech && other.tech,
            eco: self.eco && other.eco,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_what_one_of_two_things_lacks() {
        let [none, tech, eco, both] =
            [(false, false), (true, false), (false, true), (true, true)].map(|(tech, eco)| Activations { tech, eco });
        assert_eq!(none.missing(), Activation::ALL);
        assert_eq!(tech.missing(), [Activation::Eco]);
        assert_eq!(tech.and(both), tech);
        assert_eq!(tech.and(eco), none);
        for activations in [none, tech, eco, both] {
            assert_eq!(activations.missing().is_empty(), activations.are_complete());
        }
    }
}
