//! Networks, for programs that link sockets and do without: there is one, and everything on it is
//! denied.

use wasmtime::component::Resource;

use super::super::state::CallState;
use super::bindings::wasi::sockets::instance_network;
use super::bindings::wasi::sockets::ip_name_lookup;
use super::bindings::wasi::sockets::network::{self, ErrorCode, IpAddress};
use super::no_such_handle;
use super::resources::{Network, Never, Wait};

impl instance_network::Host for CallState {
    fn instance_network(&mut self) -> wasmtime::Result<Resource<Network>> {
        Ok(self.wasi.table().push(Network)?)
    }
}

impl network::Host for CallState {
    fn network_error_code(&mut self, _: Resource<Never>) -> wasmtime::Result<Option<ErrorCode>> {
        Err(no_such_handle())
    }
}

impl network::HostNetwork for CallState {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        self.wasi.table().delete(network)?;
        Ok(())
    }
}

impl ip_name_lookup::Host for CallState {
    fn resolve_addresses(
        &mut self,
        _: Resource<Network>,
        _: String,
    ) -> wasmtime::Result<Result<Resource<Never>, ErrorCode>> {
        Ok(Err(ErrorCode::AccessDenied))
    }
}

/// No lookup begins, so no plugin holds one.
impl ip_name_lookup::HostResolveAddressStream for CallState {
    fn resolve_next_address(
        &mut self,
        _: Resource<Never>,
    ) -> wasmtime::Result<Result<Option<IpAddress>, ErrorCode>> {
        Err(no_such_handle())
    }

    fn subscribe(&mut self, _: Resource<Never>) -> wasmtime::Result<Resource<Wait>> {
        Err(no_such_handle())
    }

    fn drop(&mut self, _: Resource<Never>) -> wasmtime::Result<()> {
        Err(no_such_handle())
    }
}
