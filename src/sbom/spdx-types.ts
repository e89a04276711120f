// The part of SPDX 2.3 that is written here, member for member as its JSON schema names it
// (spdx/spdx-spec, schemas/spdx-schema.json).

/** SPDX's word for what a document does not say. */
export const NOASSERTION = 'NOASSERTION';

export interface SpdxDocument {
  readonly spdxVersion: 'SPDX-2.3';
  readonly dataLicense: 'CC0-1.0';
  readonly SPDXID: 'SPDXRef-DOCUMENT';
  readonly name: string;
  /** A URI that no other document has. */
  readonly documentNamespace: string;
  /** What was found and could not be read. */
  readonly comment?: string;
  readonly creationInfo: {
    /** RFC 3339 in UTC, whole seconds. */
    readonly created: string;
    readonly creators: readonly string[];
    readonly licenseListVersion?: string;
  };
  /** The image first, then what it holds. */
  readonly packages: readonly SpdxPackage[];
  readonly relationships: readonly SpdxRelationship[];
}

export interface SpdxPackage {
  readonly name: string;
  readonly SPDXID: string;
  readonly versionInfo?: string;
  /** `Person: NAME (EMAIL)`, `Organization: NAME`, or NOASSERTION. */
  readonly supplier: string;
  readonly originator?: string;
  readonly downloadLocation: string;
  readonly homepage?: string;
  readonly filesAnalyzed: false;
  readonly checksums?: readonly { readonly algorithm: 'SHA256'; readonly checksumValue: string }[];
  readonly sourceInfo?: string;
  readonly licenseConcluded: string;
  readonly licenseDeclared: string;
  readonly licenseComments?: string;
  readonly copyrightText: string;
  readonly comment?: string;
  readonly externalRefs?: readonly SpdxExternalRef[];
  readonly primaryPackagePurpose?: 'CONTAINER';
}

export interface SpdxExternalRef {
  readonly referenceCategory: 'PACKAGE-MANAGER';
  readonly referenceType: 'purl';
  readonly referenceLocator: string;
}

export interface SpdxRelationship {
  readonly spdxElementId: string;
  readonly relationshipType: 'DESCRIBES' | 'CONTAINS';
  readonly relatedSpdxElement: string;
}
