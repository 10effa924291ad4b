//! Parameters in the form that the repo-server reads.

use oarlock_engine::pipeline::item_type_name;
use oarlock_plugin::{Parameter, ParameterValue};

use crate::proto::repository::ParameterAnnouncement;

impl From<Parameter> for ParameterAnnouncement {
    fn from(parameter: Parameter) -> Self {
        let mut announcement = Self {
            name: parameter.name,
            title: parameter.title,
            tooltip: parameter.tooltip,
            required: parameter.required,
            item_type: item_type_name(parameter.item_type).to_owned(),
            ..Self::default()
        };
        let collection_type = match parameter.value {
            ParameterValue::String(text) => {
                announcement.string = text;
                "string"
            }
            ParameterValue::Array(items) => {
                announcement.array = items;
                "array"
            }
            ParameterValue::Map(entries) => {
                announcement.map = entries.into_iter().collect();
                "map"
            }
        };
        collection_type.clone_into(&mut announcement.collection_type);
        announcement
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_the_same_as_a_message() {
        let map = ParameterValue::Map(vec![("web".to_owned(), "2".to_owned())]);
        let message = ParameterAnnouncement::from(Parameter::new("replicas", "Replicas", "How many", map));
        assert_eq!((message.item_type.as_str(), message.collection_type.as_str()), ("string", "map"));
        assert_eq!(message.map["web"], "2");
        assert!(message.array.is_empty() && message.string.is_empty());
    }
}
