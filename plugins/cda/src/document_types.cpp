// SPDX-License-Identifier: Apache-2.0
// JDV_J07 (1.2.250.1.213.1.1.5.471, April 2025): the types that a document of the CI-SIS may have, with their labels.
#include "document_types.hpp"

#include "oids.hpp"

#include <array>

namespace liaison::cda {
namespace {

constexpr std::string_view oid_a05 = "1.2.250.1.213.1.1.4.12";

constexpr std::array<document_type, 115> types{{
    {"ATTEST-ASS-COMPL", oid_a05, "Attestation assurance complémentaire"},
    {"ATTEST-RESID", oid_a05, "Attestation de résidence"},
    {"ATTEST-HEBGT", oid_a05, "Attestation d'hébergement"},
    {"ATTEST-DROITS-AM", oid_a05, "Attestation de droits à l'assurance maladie"},
    {"AUTORIS-SOINS", oid_a05, "Autorisation de soins et actes non usuels sanitaires"},
    {"BIL_AUTO", oid_a05, "CR de bilan d'évaluation de la perte d'autonomie"},
    {"CERT_DECL", oid_a05, "Certificat, déclaration"},
    {"DISP_AUT", oid_a05, "Dispensation (autre)"},
    {"EXPPAT_1", oid_a05, "Volontés et droits du patient"},
    {"EXPPAT_2", oid_a05, "Autre document du patient"},
    {"EXPPAT_3", oid_a05, "Directives anticipées"},
    {"IMG-KOS", oid_a05, "Reference d'objets d'un examen d'imagerie"},
    {"PROT_ALD", oid_a05, "Protocole de soins ALD"},
    {"REMB", oid_a05, "Données de remboursement"},
    {"SYNTH", oid_a05, "Synthèse"},
    {"DOCPAT01", oid_a05, "Synthèse déposée par le patient"},
    {"DOCPAT02", oid_a05, "Traitement ou document de soins déposé par le patient"},
    {"DOCPAT03", oid_a05, "CR déposé par le patient"},
    {"DOCPAT04", oid_a05, "Imagerie déposée par le patient"},
    {"DOCPAT05", oid_a05, "CR de biologie déposé par le patient"},
    {"DOCPAT06", oid_a05, "CR de prévention déposé par le patient"},
    {"DOCPAT07", oid_a05, "Certificat déposé par le patient"},
    {"DOCPAT08", oid_a05, "Profil médical Mon espace santé"},
    {"DOCPAT09", oid_a05, "Document administratif déposé par le patient"},
    {"PIECE-IDENTITE", oid_a05, "Copie pièce d'identité"},
    {"PRESC-AAT", oid_a05, "Prescription arrêt de travail"},
    {"PRESC-BIO", oid_a05, "Prescription d'actes de biologie médicale"},
    {"PRESC-KINE", oid_a05, "Prescription d'actes de kinésithérapie"},
    {"PRESC-INF", oid_a05, "Prescription d'actes infirmiers"},
    {"PRESC-PEDI", oid_a05, "Prescription d'actes de pédicurie"},
    {"PRESC-ORTHOPHO", oid_a05, "Prescription d'actes d'orthophonie"},
    {"PRESC-ORTHOPTIE", oid_a05, "Prescription d'actes d'orthoptie"},
    {"FEUILLE-DE-STYLE", oid_a05, "Feuille de style"},
    {"FICHE-CONTACTS", oid_a05, "Fiche contacts"},
    {"EXPORT_DUI", oid_a05, "Export du Dossier Usager Informatisé"},
    {"11369-6", oid_loinc, "Historique des vaccinations"},
    {"11488-4", oid_loinc, "CR ou fiche de consultation ou de visite"},
    {"11490-0", oid_loinc, "Lettre de liaison à la sortie d'un établissement de soins"},
    {"34112-3", oid_loinc, "CR hospitalier (séjour)"},
    {"11502-2", oid_loinc, "CR d'examens biologiques"},
    {"11505-5", oid_loinc, "CR d'acte thérapeutique (autre)"},
    {"11506-3", oid_loinc, "CR ou fiche de suivi de soins par auxiliaire médical"},
    {"15507-7", oid_loinc, "CR de passage aux urgences"},
    {"15508-5", oid_loinc, "CR d'accouchement"},
    {"18776-5", oid_loinc, "Plan personnalisé de soins"},
    {"18748-4", oid_loinc, "CR d'imagerie médicale"},
    {"18761-7", oid_loinc, "Note de transfert (dont lettre de liaison à l'entrée en établissement de soins)"},
    {"28617-9", oid_loinc, "Bilan bucco-dentaire"},
    {"28653-4", oid_loinc, "Document du secteur social / médico-social"},
    {"29274-8", oid_loinc, "Mesures de signes vitaux"},
    {"34120-6", oid_loinc, "Bilan par professionnel de santé"},
    {"34133-9", oid_loinc, "Synthèse d'épisode de soins"},
    {"34749-2", oid_loinc, "CR de consultation pré-anesthésique"},
    {"34794-8", oid_loinc, "CR de réunion de concertation pluridisciplinaire"},
    {"34842-5", oid_loinc, "Grille d'évaluation médico-social"},
    {"34874-8", oid_loinc, "CR opératoire"},
    {"34875-5", oid_loinc, "Évaluation postopératoire et note de suivi"},
    {"34876-3", oid_loinc, "Évaluation préopératoire et note de suivi"},
    {"47420-5", oid_loinc, "CR de bilan fonctionnel"},
    {"51851-4", oid_loinc, "Document administratif"},
    {"51969-4", oid_loinc, "CR de génétique moléculaire"},
    {"52040-3", oid_loinc, "Document encapsulant une image d'illustration non DICOM"},
    {"55115-0", oid_loinc, "Demande d'actes d'imagerie"},
    {"56445-0", oid_loinc, "Bilan médicamenteux (Officine)"},
    {"56446-8", oid_loinc, "Notification de rendez-vous"},
    {"57828-6", oid_loinc, "Prescription (autre)"},
    {"57832-8", oid_loinc, "Prescription de soins"},
    {"57833-6", oid_loinc, "Prescription de produits de santé"},
    {"59283-2", oid_loinc, "CR d'examen de l'enfant"},
    {"59284-0", oid_loinc, "Attestation de consentement"},
    {"60280-5", oid_loinc, "Fiche de retour du service des urgences"},
    {"60568-3", oid_loinc, "CR d'anatomie et de cytologie pathologiques"},
    {"60591-5", oid_loinc, "Synthèse médicale"},
    {"60593-1", oid_loinc, "Dispensation médicamenteuse"},
    {"61357-0", oid_loinc, "Intervention pharmaceutique"},
    {"67851-6", oid_loinc, "CR d'admission"},
    {"68599-0", oid_loinc, "Synthèse psychiatrique"},
    {"68814-3", oid_loinc, "Note d'évaluation pédiatrique"},
    {"68817-6", oid_loinc, "Bilan de santé et de prévention de l'enfant"},
    {"70004-7", oid_loinc, "CR d'acte diagnostique (autre)"},
    {"78341-5", oid_loinc, "Fiche de transfert vers le service des urgences"},
    {"74207-2", oid_loinc, "Document de liaison d'urgence"},
    {"74465-6", oid_loinc, "Questionnaire patient"},
    {"75468-9", oid_loinc, "Renouvellement ordonnance par pharmacien correspondant"},
    {"75482-0", oid_loinc, "CR d'acte thérapeutique à visée préventive"},
    {"75492-9", oid_loinc, "CR d'acte diagnostique à visée préventive ou de dépistage"},
    {"75496-0", oid_loinc, "Demande d'acte de télémédecine"},
    {"77436-4", oid_loinc, "CR d'anesthésie"},
    {"77604-7", oid_loinc, "Planification thérapeutique"},
    {"78513-9", oid_loinc, "CR de consultation en ophtalmologie"},
    {"78601-2", oid_loinc, "CR d'entretien pharmaceutique"},
    {"80565-5", oid_loinc, "CR d'administration de médicaments"},
    {"80771-9", oid_loinc, "Projet d'accueil individualisé"},
    {"80788-3", oid_loinc, "Projet personnalisé d'accompagnement"},
    {"80820-4", oid_loinc, "Formulaire de conciliation médicamenteuse (Hôpital)"},
    {"83836-7", oid_loinc, "Schéma dentaire"},
    {"83869-8", oid_loinc, "Plan personnalisé de prévention"},
    {"83901-9", oid_loinc, "Bilan psychologique"},
    {"83981-1", oid_loinc, "Lettre de liaison à la sortie d'une structure sociale ou médico-sociale"},
    {"85208-7", oid_loinc, "CR de télémédecine"},
    {"86531-1", oid_loinc, "Attestation de sortie"},
    {"87273-9", oid_loinc, "Note de vaccination"},
    {"88348-8", oid_loinc, "Lettre de liaison d'entrée en structure sociale ou médico-sociale"},
    {"89601-9", oid_loinc, "Certificat médical"},
    {"93024-8", oid_loinc, "CR de consultation pharmaceutique"},
    {"96349-6", oid_loinc, "Lettre d'adressage"},
    {"96874-3", oid_loinc, "COVID-19 Attestation de vaccination"},
    {"96173-0", oid_loinc, "Test rapide d'orientation diagnostique"},
    {"57055-6", oid_loinc, "Synthèse antepartum"},
    {"57057-2", oid_loinc, "Synthèse Salle de Naissance Mère"},
    {"57075-4", oid_loinc, "Synthèse Salle de Naissance Enfant"},
    {"89235-6", oid_loinc, "Synthèse Suites de Couches Mère"},
    {"78489-2", oid_loinc, "Synthèse Enfant en Maternité"},
    {"89233-1", oid_loinc, "CR de grossesse"},
    {"101881-1", oid_loinc, "Carte d'implant"},
}};

/// Types of other countries and of older releases, by the type of JDV_J07 that says the same.
struct synonym {
  std::string_view loinc, code;
};
constexpr std::array<synonym, 24> synonyms{{
    {"34105-7", "11490-0"}, {"18842-5", "11490-0"}, {"28655-9", "11490-0"}, {"34106-5", "11490-0"},
    {"11503-0", "34112-3"}, {"34117-2", "34112-3"}, {"11504-8", "34874-8"}, {"28570-0", "11505-5"},
    {"34140-4", "18761-7"}, {"57133-1", "96349-6"}, {"18726-0", "18748-4"}, {"18782-3", "18748-4"},
    {"68604-8", "18748-4"}, {"85430-7", "18748-4"}, {"26436-6", "11502-2"}, {"18719-5", "11502-2"},
    {"18725-2", "11502-2"}, {"34111-5", "15507-7"}, {"52521-2", "18776-5"}, {"11526-1", "60568-3"},
    {"81222-2", "11488-4"}, {"34108-1", "11488-4"}, {"82593-5", "87273-9"}, {"60572-5", "60593-1"},
}};

}  // namespace

const document_type* find_document_type(std::string_view code) {
  for (const document_type& row : types) {
    if (row.code == code) {
      return &row;
    }
  }
  for (const synonym& row : synonyms) {
    if (row.loinc == code && row.code != code) {
      return find_document_type(row.code);
    }
  }
  return nullptr;
}

}  // namespace liaison::cda
