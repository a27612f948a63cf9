import Recurrent

/// What a model is for: which commands use it.
enum ModelUse: String {
  case text, series, classes

  /// What the commands that train them keep with models, under these names.
  static let seriesAnnotation = "forecast"
  static let classesAnnotation = "classify"

  /// nil for models that are for none of them.
  init?(_ file: SafetensorsFile) {
    func has(_ annotation: String) -> Bool { file.metadata("annotation." + annotation) != nil }
    if has(Self.seriesAnnotation) {
      self = .series
    } else if has(Self.classesAnnotation) {
      self = .classes
    } else if file.metadata("vocabulary") != nil {
      self = .text
    } else {
      return nil
    }
  }
}
