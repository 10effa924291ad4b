//! The verbs of the command line.

use clap::{ArgMatches, Args as _, Command, Error, FromArgMatches, Subcommand, error::ErrorKind};

use super::{
    completions, discover, doctor, facts, generate, parameters, plugins, render, schema, serve, vendor, waves,
};

/// Declares the verbs: the name, what it says of itself in the list of all, its module.
///
/// `clap` would derive the same, but put together what every verb takes whenever the program starts, for a third of a millisecond; here
/// it does so for the one that is asked for.
macro_rules! verbs {
    ($($verb:ident $name:literal $module:ident $about:literal,)*) => {
        /// What the command line asks for.
        #[derive(Debug)]
        pub(super) enum Verb {
            $($verb($module::Args),)*
        }

        impl Subcommand for Verb {
            fn augment_subcommands(command: Command) -> Command {
                command
                    $(.subcommand(Command::new($name).about($about).defer($module::Args::augment_args)))*
            }

            fn augment_subcommands_for_update(command: Command) -> Command {
                Self::augment_subcommands(command)
            }

            fn has_subcommand(name: &str) -> bool {
                [$($name),*].contains(&name)
            }
        }

        impl FromArgMatches for Verb {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
                match matches.subcommand() {
                    $(Some(($name, matches)) => $module::Args::from_arg_matches(matches).map(Self::$verb),)*
                    _ => Err(Error::new(ErrorKind::MissingSubcommand)),
                }
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }
    };
}

verbs! {
    Render "render" render "Renders a directory to standard output, or to one file per object",
    Waves "waves" waves "Shows the sync order of a directory as a timeline, with the rule that gave each wave",
    Vendor "vendor" vendor "Lists what a repository needs that lies elsewhere, and writes into oarlock.yaml where its copies lie",
    Serve "serve" serve "Serves Argo CD: the sidecar of the repo-server, in place of argocd-cmp-server",
    Plugins "plugins" plugins "Lists the plugins that may run: name, version, stage, size, digest, configuration",
    Doctor "doctor" doctor "Checks an installation; with --argocd, Argo CD's settings and what its Applications read",
    Facts "facts" facts
        "Prints what a cluster serves: its version of Kubernetes and its API versions, as Argo CD tells them to plugins",
    Generate "generate" generate "Renders an Application for argocd-cmp-server, as `generate` of a plugin.yaml",
    Discover "discover" discover
        "Prints a line if the directory is one to render, for argocd-cmp-server, as `discover.find.command` of a plugin.yaml",
    Parameters "parameters" parameters
        "Prints what an Application may set, for argocd-cmp-server, as `parameters.dynamic.command` of a plugin.yaml",
    Schema "schema" schema "Prints the JSON schema of a configuration file, for editors and linters",
    Completions "completions" completions "Prints completions for a shell",
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};

    use crate::commands::Cli;

    #[test]
    fn verbs_say_the_same_of_themselves_in_the_list_and_alone() {
        let listed = Cli::command();
        let mut built = Cli::command();
        built.build();
        let about = |verb: &Command| verb.get_about().unwrap_or_default().to_string();
        for verb in listed.get_subcommands() {
            let alone = built.find_subcommand(verb.get_name()).map(about);
            // Those whose comments are printed as they are written end in a full stop.
            assert_eq!(about(verb), alone.unwrap_or_default().trim_end_matches('.'));
        }
        assert_eq!(listed.get_subcommands().count(), 12);
    }
}
