// SPDX-License-Identifier: Apache-2.0
// The names of plugins/common's table of OIDs, as the files of this plugin use them.
#pragma once

#include <liaison/common/oids.hpp>

namespace liaison::cda {

using liaison::cda_root;
using liaison::identifier_kind_of;
using liaison::is_ins;
using liaison::is_oid;
using liaison::is_uuid;
using liaison::lower;
using liaison::name_of_oid;
using liaison::oid_interpretation;
using liaison::oid_loinc;
using liaison::oid_of_system;
using liaison::oid_ps_idnat;
using liaison::oid_struct_idnat;
using liaison::system_of_oid;

/// What is written where CI-SIS requires the number of a professional and none is known; read as no number.
inline constexpr std::string_view unknown_ps_idnat = "INCONNU";

}  // namespace liaison::cda
