/// The version of this package, as files name the program that wrote them.
package let packageVersion = "0.1.0"
