# A template: `cargo xtask release --formula DIR` fills in version and checksums.
class Oarlock < Formula
  desc "Renders GitOps repositories for Argo CD"
  homepage "https://github.com/oarlock/oarlock"
  version "@VERSION@"
  license "Apache-2.0"

  base = "https://github.com/oarlock/oarlock/releases/download/v@VERSION@"

  on_macos do
    on_arm do
      url "#{base}/oarlock-v@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256:aarch64-apple-darwin@"
    end
    on_intel do
      url "#{base}/oarlock-v@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256:x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "#{base}/oarlock-v@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:aarch64-unknown-linux-musl@"
    end
    on_intel do
      url "#{base}/oarlock-v@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:x86_64-unknown-linux-musl@"
    end
  end

  def install
    bin.install "oarlock"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/oarlock.bash" => "oarlock"
    zsh_completion.install "completions/_oarlock"
    fish_completion.install "completions/oarlock.fish"
  end

  test do
    (testpath/"kustomization.yaml").write "configMapGenerator: [{name: a, literals: [b=c]}]\n"
    assert_match "kind: ConfigMap", shell_output("#{bin}/oarlock render .")
  end
end
