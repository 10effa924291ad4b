//! Makes `../src/types.txt` from k8s-openapi: `cargo xtask kubernetes-schema` runs this.
//!
//! Without arguments it prints the schemas of the version of Kubernetes that it was built for. With
//! `table FILE …` it makes one table of what it printed for several versions, oldest first.

#[cfg(feature = "schemas")]
mod schemas;
mod table;

use std::error::Error;

use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        #[cfg(feature = "schemas")]
        None => println!("{}", schemas::schemas()),
        Some((verb, files)) if verb == "table" => {
            let read = |file: &String| -> Result<Value, Box<dyn Error>> {
                Ok(serde_json::from_slice(&std::fs::read(file)?)?)
            };
            let versions = files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            print!("{}", table::table(&versions)?);
        }
        _ => return Err("usage: [table FILE …]; without it, with the feature of a version".into()),
    }
    Ok(())
}
